//! The token service (ibm-api.md 1.5): a form in, a token out, and its own error body.

use crate::http::operation::{Answer, Call, Handler, Operation, Reply};
use crate::iam::tokens::{Claims, Grantee, LIFETIME, Tokens};
use crate::model::iam::{Profile, RefreshToken};
use crate::model::sensitive::Sensitive;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::Step;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::collections::BTreeMap;

const BY_API_KEY: &str = "urn:ibm:params:oauth:grant-type:apikey";
const BY_REFRESH_TOKEN: &str = "refresh_token";
const BY_CR_TOKEN: &str = "urn:ibm:params:oauth:grant-type:cr-token";
const BY_ASSUMING: &str = "urn:ibm:params:oauth:grant-type:assume";
/// The client of requests without HTTP Basic.
const NO_CLIENT: &str = "default";
/// Lifetime of a refresh token in seconds; IBM's is not on record.
const REFRESH_LIFETIME: i64 = 30 * 86_400;

/// The operations.
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

/// The fields of a form that were not taken yet.
struct Form(BTreeMap<String, String>);

impl Form {
    fn of(call: &Call) -> Result<Self> {
        let given = call.header("content-type").unwrap_or_default();
        let media_type = given.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::new(
                Kind::MediaType,
                "The body must have the content type application/x-www-form-urlencoded.",
            ));
        }
        let pairs = form_urlencoded::parse(&call.body);
        Ok(Self(pairs.into_owned().collect()))
    }

    fn required(&mut self, name: &str) -> Result<String> {
        self.optional(name).ok_or_else(|| {
            Refusal::new(Kind::Missing, format!("Property missing or empty: {name}"))
        })
    }

    /// Empty is absent.
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

fn create(call: &Call, step: &mut Step<'_>, tokens: &Tokens) -> Answer {
    let client = client(call)?;
    let mut form = Form::of(call)?;
    let grant_type = form.required("grant_type")?;
    if form.optional("response_type").is_some_and(|value| value != "cloud_iam") {
        return Err(not_acceptable("response_type"));
    }
    form.optional("scope");
    let iam_id = match grant_type.as_str() {
        BY_API_KEY => by_api_key(step, form)?,
        BY_REFRESH_TOKEN => by_refresh_token(step, form, client.as_deref())?,
        BY_CR_TOKEN => by_cr_token(step, form)?,
        BY_ASSUMING => by_assuming(step, form, tokens)?,
        _ => return Err(not_acceptable("grant_type")),
    };
    let grantee = Grantee {
        iam_id: &iam_id,
        grant_type: &grant_type,
        client_id: client.as_deref().unwrap_or(NO_CLIENT),
    };
    let claims =
        Claims::new(&step.state.iam, grantee, step.ids, step.now).ok_or_else(unknown_key)?;
    let refreshable = matches!(grant_type.as_str(), BY_API_KEY | BY_REFRESH_TOKEN);
    let refresh_token = match client {
        Some(client) if refreshable => new_refresh_token(step, client, iam_id),
        _ => "not_supported".to_owned(),
    };
    let body = json!({
        "access_token": tokens.mint(&claims)?,
        "refresh_token": refresh_token,
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "expiration": claims.exp,
        "scope": "ibm openid",
    });
    Reply::json(200, body)
}

fn keys(_: &Call, _: &mut Step<'_>, tokens: &Tokens) -> Answer {
    Reply::json(200, tokens.jwks())
}

fn by_api_key(step: &Step<'_>, mut form: Form) -> Result<String> {
    let value = form.required("apikey")?;
    form.finish()?;
    let key = step.state.usable_key(&value, step.now);
    key.map(|key| key.iam_id.clone()).ok_or_else(unknown_key)
}

/// A refresh token counts for the client it was issued to.
fn by_refresh_token(step: &mut Step<'_>, mut form: Form, client: Option<&str>) -> Result<String> {
    let value = form.required("refresh_token")?;
    form.finish()?;
    let found = step.state.iam.refresh_tokens.get(&value).filter(|token| {
        step.now < token.expires_at
            && client == Some(token.client_id.as_str())
            && step.state.iam.account_of(&token.iam_id).is_some()
    });
    let iam_id =
        found.map(|token| token.iam_id.clone()).ok_or_else(|| not_acceptable("refresh_token"))?;
    step.state.iam.refresh_tokens.remove(&value);
    Ok(iam_id)
}

fn by_cr_token(step: &Step<'_>, mut form: Form) -> Result<String> {
    let value = form.required("cr_token")?;
    let id = form.optional("profile_id");
    let name = form.optional("profile_name");
    form.finish()?;
    if id.is_none() && name.is_none() {
        return Err(Refusal::new(
            Kind::Missing,
            "Property missing or empty: profile_id or profile_name",
        ));
    }
    profile(step, |profile| {
        profile.cr_tokens.iter().any(|token| token.expose() == value)
            && id.as_ref().is_none_or(|id| *id == profile.id)
            && name.as_ref().is_none_or(|name| *name == profile.name)
    })
    .ok_or_else(|| not_acceptable("cr_token"))
}

fn by_assuming(step: &Step<'_>, mut form: Form, tokens: &Tokens) -> Result<String> {
    let caller = form.required("access_token")?;
    let crn = form.optional("profile_crn");
    let id = form.optional("profile_id");
    let name = form.optional("profile_name");
    let account = form.optional("account");
    form.finish()?;
    if name.is_some() && account.is_none() {
        return Err(Refusal::new(Kind::Missing, "Property missing or empty: account"));
    }
    if crn.is_none() && id.is_none() && name.is_none() {
        return Err(Refusal::new(
            Kind::Missing,
            "Property missing or empty: profile_crn, profile_id or profile_name",
        ));
    }
    let caller = tokens
        .signed(&caller)
        .ok()
        .filter(|claims| step.now.unix() < claims.exp)
        .filter(|claims| step.state.iam.account_of(&claims.iam_id).is_some())
        .ok_or_else(|| not_acceptable("access_token"))?;
    profile(step, |profile| {
        profile.trusted_identities.contains(&caller.iam_id)
            && crn.as_ref().is_none_or(|crn| *crn == profile.crn())
            && id.as_ref().is_none_or(|id| *id == profile.id)
            && name.as_ref().is_none_or(|name| *name == profile.name)
            && account.as_ref().is_none_or(|account| *account == profile.account_id)
    })
    .ok_or_else(|| {
        Refusal::new(
            Kind::Invalid,
            "The trusted profile does not exist, or the identity may not assume it.",
        )
    })
}

fn profile(step: &Step<'_>, is_meant: impl Fn(&Profile) -> bool) -> Option<String> {
    let mut profiles = step.state.iam.profiles.values();
    profiles.find(|profile| is_meant(profile)).map(Profile::iam_id)
}

fn new_refresh_token(step: &mut Step<'_>, client_id: String, iam_id: String) -> String {
    let value = step.ids.api_key();
    step.state.iam.refresh_tokens.insert(RefreshToken {
        value: Sensitive::new(value.as_str()),
        client_id,
        iam_id,
        expires_at: step.now.plus_seconds(REFRESH_LIFETIME),
    });
    value
}

/// The client of HTTP Basic: both parts or no header at all.
fn client(call: &Call) -> Result<Option<String>> {
    let Some(header) = call.header("authorization") else {
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
        _ => Err(Refusal::new(
            Kind::Invalid,
            "Property not acceptable: the Authorization header must carry client id and secret.",
        )),
    }
}

fn not_acceptable(name: &str) -> Refusal {
    Refusal::new(Kind::Invalid, format!("Property not acceptable: {name}"))
}

fn unknown_key() -> Refusal {
    Refusal::new(Kind::UnknownApiKey, "Provided API key could not be found.")
}
