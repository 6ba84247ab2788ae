//! When a token says it expires. Nothing else in it is read, and nothing is trusted: a wrong time
//! only makes the next token come sooner or later than needed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    exp: Option<u64>,
}

/// The claim `exp` (seconds since 1970) of a token that is a JWT, whose signature is not checked.
pub(super) fn expiration(token: &str) -> Option<u64> {
    let mut parts = token.split('.');
    let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice::<Claims>(&claims).ok()?.exp
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
    }
}
