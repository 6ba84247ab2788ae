//! The token service (ibm-api.md 1.5): a form in, a token out, and its own error body.

use crate::http::operation::{Answer, Call, Handler, Operation, Reply};
use crate::iam::tokens::{Claims, LIFETIME, Tokens};
use crate::refusal::{Kind, Refusal, Result};
use crate::store::Step;
use axum::http::Method;
use serde_json::json;
use std::collections::BTreeMap;

const BY_API_KEY: &str = "urn:ibm:params:oauth:grant-type:apikey";

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
        self.0.remove(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            Refusal::new(Kind::Missing, format!("Property missing or empty: {name}"))
        })
    }

    fn optional(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn finish(self) -> Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => {
                Err(Refusal::new(Kind::Invalid, format!("Property not acceptable: {name}")))
            }
        }
    }
}

fn create(call: &Call, step: &mut Step<'_>, tokens: &Tokens) -> Answer {
    let mut form = Form::of(call)?;
    let grant_type = form.required("grant_type")?;
    let (iam_id, account_id) = match grant_type.as_str() {
        BY_API_KEY => {
            let value = form.required("apikey")?;
            let response_type = form.optional("response_type");
            if response_type.is_some_and(|value| value != "cloud_iam") {
                return Err(Refusal::new(Kind::Invalid, "Property not acceptable: response_type"));
            }
            form.optional("scope");
            form.finish()?;
            let key = step.state.usable_key(&value, step.now).ok_or_else(unknown_key)?;
            (key.iam_id.clone(), key.account_id.clone())
        }
        _ => {
            return Err(Refusal::new(Kind::Invalid, "Property not acceptable: grant_type"));
        }
    };
    let claims = Claims::new(&iam_id, &account_id, &grant_type, step.ids, step.now);
    let expiration = claims.exp;
    let body = json!({
        "access_token": tokens.mint(&claims)?,
        "refresh_token": "not_supported",
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "expiration": expiration,
        "scope": "ibm openid",
    });
    Reply::json(200, body)
}

fn keys(_: &Call, _: &mut Step<'_>, tokens: &Tokens) -> Answer {
    Reply::json(200, tokens.jwks())
}

fn unknown_key() -> Refusal {
    Refusal::new(Kind::UnknownApiKey, "Provided API key could not be found.")
}
