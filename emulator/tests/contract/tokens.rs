//! The token service (1.5).

use crate::lab::{GRANT, Lab, send};
use ibm_sm_emulator::seed;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::Method;
use serde_json::json;

/// 1.5: the response to the API key grant.
#[tokio::test]
async fn a_key_is_exchanged_for_a_token() {
    let lab = Lab::start().await;
    let response = lab.exchange(seed::WRITER_API_KEY).await.expect(200);
    assert_eq!(response.text("token_type"), "Bearer");
    assert_eq!(response.text("scope"), "ibm openid");
    assert_eq!(response.text("refresh_token"), "not_supported");
    assert_eq!(response.at("expires_in"), 3600);
    // 2026-01-10T10:00:00Z: an hour after the clock's time.
    assert_eq!(response.at("expiration"), 1_768_039_200);
}

/// 1.5, 5.2: a JWT with the claims that clients parse, signed with a key that is served.
#[tokio::test]
async fn the_token_is_a_jwt_signed_with_a_served_key() {
    let lab = Lab::start().await;
    let keys = send(lab.anonymous(Method::GET, "/identity/keys")).await.expect(200);
    let jwk = keys.at("keys/0");
    let key =
        DecodingKey::from_ec_components(jwk["x"].as_str().unwrap(), jwk["y"].as_str().unwrap())
            .unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    let token = lab.token_of(seed::WRITER_API_KEY).await;
    let decoded = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &validation).unwrap();
    assert_eq!(decoded.header.kid.as_deref(), jwk["kid"].as_str());
    let claims = decoded.claims;
    let iam_id = format!("iam-{}", seed::WRITER_SERVICE_ID);
    assert_eq!(claims["iam_id"], iam_id);
    assert_eq!(claims["id"], iam_id);
    assert_eq!(claims["sub"], seed::WRITER_SERVICE_ID);
    assert_eq!(claims["sub_type"], "ServiceId");
    assert_eq!(claims["account"]["bss"], seed::ACCOUNT_ID);
    assert_eq!(claims["iss"], "https://iam.cloud.ibm.com/identity");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
}

/// 1.5: errors have their own format.
#[tokio::test]
async fn refusals() {
    let lab = Lab::start().await;
    let key = seed::WRITER_API_KEY;
    for (fields, code) in [
        (vec![("grant_type", GRANT), ("apikey", "unknown")], "BXNIM0415E"),
        (vec![("grant_type", GRANT)], "BXNIM0109E"),
        (vec![("grant_type", GRANT), ("apikey", "")], "BXNIM0109E"),
        (vec![("apikey", key)], "BXNIM0109E"),
        (vec![("grant_type", "password"), ("apikey", key)], "BXNIM0106E"),
        (vec![("grant_type", GRANT), ("apikey", key), ("response_type", "saml")], "BXNIM0106E"),
        (vec![("grant_type", GRANT), ("apikey", key), ("colour", "red")], "BXNIM0106E"),
    ] {
        let response = lab.form(&fields).await.expect(400);
        assert_eq!(response.text("errorCode"), code, "{fields:?}");
        assert!(!response.text("errorMessage").is_empty());
        assert_eq!(response.text("context/requestType"), "incoming.Identity_Token");
        assert!(!response.has("errors"));
    }
    let response = lab.exchange("unknown").await;
    assert_eq!(response.text("errorMessage"), "Provided API key could not be found.");
}

/// 1.5: the body must be a form.
#[tokio::test]
async fn a_json_body_is_refused() {
    let lab = Lab::start().await;
    let request =
        lab.anonymous(Method::POST, "/identity/token").json(&json!({ "grant_type": GRANT }));
    let response = send(request).await.expect(415);
    assert_eq!(response.text("errorCode"), "BXNIM0106E");
}

/// 1.5, 6.3: a key that is disabled, expired or deleted is unknown.
#[tokio::test]
async fn only_valid_keys_are_accepted() {
    let lab = Lab::start().await;
    let account = seed::ACCOUNT_ID;
    let iam_id = format!("iam-{}", seed::STATIC_SERVICE_ID);
    let body = json!({ "name": "k", "iam_id": iam_id, "account_id": account, "expires_at": "2026-01-10T10:00+0000" });
    let made = lab.post("/v1/apikeys", body).await.expect(201);
    let (id, key) = (made.text("id"), made.text("apikey"));
    assert!(lab.accepts(key).await);
    let disable = format!("/v1/apikeys/{id}/disable");
    lab.post(&disable, json!({})).await.expect(204);
    assert_eq!(lab.exchange(key).await.expect(400).text("errorCode"), "BXNIM0415E");
    lab.delete(&disable).await.expect(204);
    assert!(lab.accepts(key).await);
    lab.advance(3599).await;
    assert!(lab.accepts(key).await);
    lab.advance(1).await;
    assert!(!lab.accepts(key).await);
    let body = json!({ "name": "k", "iam_id": iam_id, "account_id": account });
    let lab = lab.with_new_token().await;
    let second = lab.post("/v1/apikeys", body).await.expect(201);
    lab.delete(&format!("/v1/apikeys/{}", second.text("id"))).await.expect(204);
    assert!(!lab.accepts(second.text("apikey")).await);
}

/// 1.5: a token outlives its key, but not its identity.
#[tokio::test]
async fn a_token_ends_with_its_identity() {
    let lab = Lab::start().await;
    let token = lab.token_of(seed::WRITER_API_KEY).await;
    let status = async || {
        let request = lab.anonymous(Method::GET, "secret_groups").bearer_auth(&token);
        send(request).await.status
    };
    let key = seed::WRITER_SERVICE_ID.replace("ServiceId", "ApiKey");
    lab.delete(&format!("/v1/apikeys/{key}")).await.expect(204);
    assert_eq!(status().await, 200);
    lab.delete(&format!("/v1/serviceids/{}", seed::WRITER_SERVICE_ID)).await.expect(204);
    assert_eq!(status().await, 401);
}

/// 1.5, 2.9: a request needs a bearer token with a valid signature that has not expired.
#[tokio::test]
async fn invalid_tokens() {
    let lab = Lab::start().await;
    let [header, claims, signature] = [0, 1, 2].map(|part| lab.token.split('.').nth(part).unwrap());
    // {"typ":"JWT","alg":"none"} and {"typ":"JWT","alg":"HS256"}
    let none = format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.{claims}.");
    let hs256 = format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.{claims}.{signature}");
    let other = Lab::start().await.token;
    let swapped = format!("{header}.{}.{signature}", other.split('.').nth(1).unwrap());
    for authorization in [
        None,
        Some("Basic Ong6".to_owned()),
        Some("Bearer".to_owned()),
        Some("Bearer x.y.z".to_owned()),
        Some(format!("Bearer {none}")),
        Some(format!("Bearer {hs256}")),
        Some(format!("Bearer {other}")),
        Some(format!("Bearer {swapped}x")),
    ] {
        for (path, code) in [
            ("secret_groups", "secrets-manager.Error00401"),
            ("/v1/apikeys/details", "invalid_access_token"),
            ("/v2/groups", "invalid_access_token"),
        ] {
            let mut request = lab.anonymous(Method::GET, path);
            if let Some(value) = &authorization {
                request = request.header("authorization", value);
            }
            let response = send(request).await;
            assert_eq!(
                (response.error().0, response.error().1),
                (401, code),
                "{authorization:?} {path}"
            );
        }
    }
    lab.get("secret_groups").await.expect(200);
    lab.advance(3600).await;
    let response = lab.get("secret_groups").await;
    assert_eq!(response.error().0, 401);
    assert_eq!(response.error().2, "The access token has expired.");
}
