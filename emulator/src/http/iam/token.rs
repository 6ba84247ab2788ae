//! The token service (ibm-api.md 1.5): takes a form and returns a token, with its own error format.

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::operation::{ApiRequest, ApiResponse, Handler, Operation};
use crate::iam::tokens::{Claims, Grantee, Tokens};
use crate::model::iam::{Profile, RefreshToken};
use crate::model::sensitive::Sensitive;
use crate::transaction::Transaction;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::collections::BTreeMap;

const BY_API_KEY: &str = "urn:ibm:params:oauth:grant-type:apikey";
const BY_REFRESH_TOKEN: &str = "refresh_token";
const BY_CR_TOKEN: &str = "urn:ibm:params:oauth:grant-type:cr-token";
const BY_ASSUMING: &str = "urn:ibm:params:oauth:grant-type:assume";
/// The client id of requests without HTTP Basic.
const NO_CLIENT: &str = "default";
/// The lifetime of a refresh token in seconds; IBM's is not documented.
const REFRESH_LIFETIME: i64 = 30 * 86_400;

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "create_token",
        method: Method::POST,
        path: "/identity/token",
        handler: Handler::Public(create),
    },
    Operation {
        name: "list_token_keys",
        method: Method::GET,
        path: "/identity/keys",
        handler: Handler::Public(keys),
    },
];

/// The fields of a form that have not been taken yet.
struct Form(BTreeMap<String, String>);

impl Form {
    fn of(request: &ApiRequest) -> Result<Self> {
        let given = request.header("content-type").unwrap_or_default();
        let media_type = given.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(ApiError::new(
                ErrorKind::MediaType,
                "The body must have the content type application/x-www-form-urlencoded.",
            ));
        }
        let pairs = form_urlencoded::parse(&request.body);
        Ok(Self(pairs.into_owned().collect()))
    }

    fn required(&mut self, name: &str) -> Result<String> {
        self.optional(name).ok_or_else(|| {
            ApiError::new(ErrorKind::Missing, format!("Property missing or empty: {name}"))
        })
    }

    /// An empty field counts as absent.
    fn optional(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    fn finish(self) -> Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(not_acceptable(name)),
        }
    }
}

fn create(request: &ApiRequest, tx: &mut Transaction<'_>, tokens: &Tokens) -> Result<ApiResponse> {
    let client = client(request)?;
    let mut form = Form::of(request)?;
    let grant_type = form.required("grant_type")?;
    if form.optional("response_type").is_some_and(|value| value != "cloud_iam") {
        return Err(not_acceptable("response_type"));
    }
    form.optional("scope");
    let iam_id = match grant_type.as_str() {
        BY_API_KEY => by_api_key(tx, form)?,
        BY_REFRESH_TOKEN => by_refresh_token(tx, form, client.as_deref())?,
        BY_CR_TOKEN => by_cr_token(tx, form)?,
        BY_ASSUMING => by_assuming(tx, form, tokens)?,
        _ => return Err(not_acceptable("grant_type")),
    };
    let grantee = Grantee {
        iam_id: &iam_id,
        grant_type: &grant_type,
        client_id: client.as_deref().unwrap_or(NO_CLIENT),
    };
    let claims = Claims::new(&tx.state.iam, grantee, tx.ids, tx.now).ok_or_else(unknown_key)?;
    let refreshable = matches!(grant_type.as_str(), BY_API_KEY | BY_REFRESH_TOKEN);
    let refresh_token = match client {
        Some(client) if refreshable => new_refresh_token(tx, client, iam_id),
        _ => "not_supported".to_owned(),
    };
    let body = json!({
        "access_token": tokens.mint(&claims)?,
        "refresh_token": refresh_token,
        "token_type": "Bearer",
        "expires_in": claims.exp - claims.iat,
        "expiration": claims.exp,
        "scope": "ibm openid",
    });
    ApiResponse::json(200, body)
}

fn keys(_: &ApiRequest, _: &mut Transaction<'_>, tokens: &Tokens) -> Result<ApiResponse> {
    ApiResponse::json(200, tokens.jwks())
}

fn by_api_key(tx: &Transaction<'_>, mut form: Form) -> Result<String> {
    let value = form.required("apikey")?;
    form.finish()?;
    let key = tx.state.usable_key(&value, tx.now);
    key.map(|key| key.iam_id.clone()).ok_or_else(unknown_key)
}

/// A refresh token is valid only for the client it was issued to.
fn by_refresh_token(
    tx: &mut Transaction<'_>,
    mut form: Form,
    client: Option<&str>,
) -> Result<String> {
    let value = form.required("refresh_token")?;
    form.finish()?;
    let found = tx.state.iam.refresh_tokens.get(&value).filter(|token| {
        tx.now < token.expires_at
            && client == Some(token.client_id.as_str())
            && tx.state.iam.account_of(&token.iam_id).is_some()
    });
    let iam_id =
        found.map(|token| token.iam_id.clone()).ok_or_else(|| not_acceptable("refresh_token"))?;
    tx.state.iam.refresh_tokens.remove(&value);
    Ok(iam_id)
}

fn by_cr_token(tx: &Transaction<'_>, mut form: Form) -> Result<String> {
    let value = form.required("cr_token")?;
    let id = form.optional("profile_id");
    let name = form.optional("profile_name");
    form.finish()?;
    if id.is_none() && name.is_none() {
        return Err(ApiError::new(
            ErrorKind::Missing,
            "Property missing or empty: profile_id or profile_name",
        ));
    }
    profile(tx, |profile| {
        profile.cr_tokens.iter().any(|token| token.expose() == value)
            && id.as_ref().is_none_or(|id| *id == profile.id)
            && name.as_ref().is_none_or(|name| *name == profile.name)
    })
    .ok_or_else(|| not_acceptable("cr_token"))
}

fn by_assuming(tx: &Transaction<'_>, mut form: Form, tokens: &Tokens) -> Result<String> {
    let caller = form.required("access_token")?;
    let crn = form.optional("profile_crn");
    let id = form.optional("profile_id");
    let name = form.optional("profile_name");
    let account = form.optional("account");
    form.finish()?;
    if name.is_some() && account.is_none() {
        return Err(ApiError::new(ErrorKind::Missing, "Property missing or empty: account"));
    }
    if crn.is_none() && id.is_none() && name.is_none() {
        return Err(ApiError::new(
            ErrorKind::Missing,
            "Property missing or empty: profile_crn, profile_id or profile_name",
        ));
    }
    let caller = tokens
        .signed(&caller)
        .ok()
        .filter(|claims| tx.now.unix() < claims.exp)
        .filter(|claims| tx.state.iam.account_of(&claims.iam_id).is_some())
        .ok_or_else(|| not_acceptable("access_token"))?;
    profile(tx, |profile| {
        profile.trusted_identities.contains(&caller.iam_id)
            && crn.as_ref().is_none_or(|crn| *crn == profile.crn())
            && id.as_ref().is_none_or(|id| *id == profile.id)
            && name.as_ref().is_none_or(|name| *name == profile.name)
            && account.as_ref().is_none_or(|account| *account == profile.account_id)
    })
    .ok_or_else(|| {
        ApiError::new(
            ErrorKind::Invalid,
            "The trusted profile does not exist, or the identity may not assume it.",
        )
    })
}

fn profile(tx: &Transaction<'_>, is_meant: impl Fn(&Profile) -> bool) -> Option<String> {
    let mut profiles = tx.state.iam.profiles.values();
    profiles.find(|profile| is_meant(profile)).map(Profile::iam_id)
}

fn new_refresh_token(tx: &mut Transaction<'_>, client_id: String, iam_id: String) -> String {
    let value = tx.ids.api_key();
    tx.state.iam.refresh_tokens.insert(RefreshToken {
        value: Sensitive::new(value.as_str()),
        client_id,
        iam_id,
        expires_at: tx.now.plus_seconds(REFRESH_LIFETIME),
    });
    value
}

/// The client id from HTTP Basic: both parts, or no header at all.
fn client(request: &ApiRequest) -> Result<Option<String>> {
    let Some(header) = request.header("authorization") else {
        return Ok(None);
    };
    let credentials = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match credentials.as_deref().and_then(|text| text.split_once(':')) {
        Some((client, secret)) if !client.is_empty() && !secret.is_empty() => {
            Ok(Some(client.to_owned()))
        }
        _ => Err(ApiError::new(
            ErrorKind::Invalid,
            "Property not acceptable: the Authorization header must carry client id and secret.",
        )),
    }
}

fn not_acceptable(name: &str) -> ApiError {
    ApiError::new(ErrorKind::Invalid, format!("Property not acceptable: {name}"))
}

fn unknown_key() -> ApiError {
    ApiError::new(ErrorKind::UnknownApiKey, "Provided API key could not be found.")
}
