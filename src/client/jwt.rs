//! When a token says it expires, whose it is and for which account. Nothing else in it is read. The signature is not
//! checked: the token comes from IAM or from the user, and is the caller's own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    exp: Option<u64>,
    iam_id: Option<String>,
    account: Option<Account>,
}

#[derive(Deserialize)]
struct Account {
    bss: Option<String>,
}

/// The claim `exp` (seconds since 1970) of a token that is a JWT.
pub(super) fn expiration(token: &str) -> Option<u64> {
    claims(token)?.exp
}

/// The claim `iam_id` of a token that is a JWT: what `created_by` is in what the caller creates.
pub(super) fn iam_id(token: &str) -> Option<String> {
    claims(token)?.iam_id
}

/// The claim `account.bss` of a token that is a JWT: the id of the account that it is for.
pub(super) fn account_id(token: &str) -> Option<String> {
    claims(token)?.account?.bss
}

fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&claims).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_in_three_parts_has_an_expiration() {
        let token = |claims: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        for (token, end) in [
            (token(r#"{"exp":1767348000,"iam_id":"iam-ServiceId-1"}"#), Some(1_767_348_000)),
            (format!("e30.{}==.c2ln", URL_SAFE_NO_PAD.encode(r#"{"exp":12}"#)), Some(12)),
            (token(r#"{"iat":1}"#), None),
            (token(r#"{"exp":"soon"}"#), None),
            (token(r#"{"exp":-1}"#), None),
            (token("[]"), None),
            (token("exp"), None),
            (format!("e30.{}", URL_SAFE_NO_PAD.encode(r#"{"exp":12}"#)), None),
            (format!("{}.x", token(r#"{"exp":12}"#)), None),
            ("e30.!!!.c2ln".to_owned(), None),
            ("opaque".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(expiration(&token), end, "{token}");
        }
        assert_eq!(iam_id(&token(r#"{"iam_id":"iam-1"}"#)).as_deref(), Some("iam-1"));
        assert_eq!(iam_id(&token(r#"{"exp":12}"#)), None);
        assert_eq!(iam_id("opaque"), None);
    }
}
