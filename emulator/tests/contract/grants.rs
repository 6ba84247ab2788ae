//! The other grants of the token service, and users (1.5).

use crate::lab::{GRANT, Lab, Response, send};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

const REFRESH: &str = "refresh_token";
const CR_TOKEN: &str = "urn:ibm:params:oauth:grant-type:cr-token";
const ASSUME: &str = "urn:ibm:params:oauth:grant-type:assume";

fn claims(token: &Response) -> Value {
    let part = token.text("access_token").split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Sends the form with a client's HTTP Basic credentials.
async fn as_client(lab: &Lab, client: &str, fields: &[(&str, &str)]) -> Response {
    let request = lab.http.post(format!("{}/identity/token", lab.url));
    send(request.basic_auth(client, Some(client)).form(fields)).await
}

/// A user's token has the claims that the official provider reads: `email`, and no `sub_type`.
#[tokio::test]
async fn a_user() {
    let lab = Lab::start().await;
    let token = lab.exchange(seed::USER_API_KEY).await.expect(200);
    let claims = claims(&token);
    assert_eq!(claims["iam_id"], seed::USER_IAM_ID);
    assert_eq!(claims["email"], "ada@example.com");
    assert_eq!(claims["sub"], "ada@example.com");
    assert_eq!(claims["realmid"], "IBMid");
    assert_eq!(claims.get("sub_type"), None);
    let request = lab.anonymous(Method::GET, "secrets").bearer_auth(token.text("access_token"));
    send(request).await.expect(200);
}

/// 3.2: only users themselves can create their keys, and the value is never stored.
#[tokio::test]
async fn keys_of_users() {
    let lab = Lab::start().await;
    let token = lab.token_of(seed::USER_API_KEY).await;
    let create = async |token: &str, changes: Value| {
        let mut body = json!({ "name": "k", "iam_id": seed::USER_IAM_ID });
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        send(lab.anonymous(Method::POST, "/v1/apikeys").bearer_auth(token).json(&body)).await
    };
    assert_eq!(create(&lab.token, json!({})).await.error().0, 400);
    assert_eq!(create(&token, json!({ "store_value": true })).await.error().0, 400);
    let made = create(&token, json!({ "support_sessions": true })).await.expect(201);
    assert!(lab.accepts(made.text("apikey")).await);
}

/// 1.5: a refresh token is valid for the client it was issued to, until it is used.
#[tokio::test]
async fn refresh_tokens() {
    let lab = Lab::start().await;
    let key = [("grant_type", GRANT), ("apikey", seed::USER_API_KEY)];
    let first = as_client(&lab, "bx", &key).await.expect(200);
    assert_eq!(claims(&first)["client_id"], "bx");
    let refresh = [("grant_type", REFRESH), ("refresh_token", first.text("refresh_token"))];
    for response in [lab.form(&refresh).await, as_client(&lab, "other", &refresh).await] {
        assert_eq!(response.expect(400).text("errorCode"), "BXNIM0106E");
    }
    let second = as_client(&lab, "bx", &refresh).await.expect(200);
    assert_eq!(claims(&second)["iam_id"], seed::USER_IAM_ID);
    assert_ne!(second.text("refresh_token"), first.text("refresh_token"));
    as_client(&lab, "bx", &refresh).await.expect(400);
    let missing = as_client(&lab, "bx", &[("grant_type", REFRESH)]).await.expect(400);
    assert_eq!(missing.text("errorCode"), "BXNIM0109E");
}

/// 1.5: client id and secret: both or neither.
#[tokio::test]
async fn a_client_has_id_and_secret() {
    let lab = Lab::start().await;
    let form = [("grant_type", GRANT), ("apikey", seed::USER_API_KEY)];
    for header in ["Basic Yng6", "Basic !!!", "Bearer x"] {
        let request = lab.http.post(format!("{}/identity/token", lab.url));
        let response = send(request.header("authorization", header).form(&form)).await.expect(400);
        assert_eq!(response.text("errorCode"), "BXNIM0106E", "{header}");
    }
}

/// 1.5: a compute resource assumes a trusted profile, by id, by name, or by both.
#[tokio::test]
async fn compute_resources() {
    let lab = Lab::start().await;
    let (id, name) = (seed::PROFILE_ID, seed::PROFILE_NAME);
    for fields in [
        vec![("profile_id", id)],
        vec![("profile_name", name)],
        vec![("profile_id", id), ("profile_name", name)],
    ] {
        let mut form = vec![("grant_type", CR_TOKEN), ("cr_token", seed::CR_TOKEN)];
        form.extend(&fields);
        let token = lab.form(&form).await.expect(200);
        assert_eq!(claims(&token)["iam_id"], format!("iam-{id}"), "{fields:?}");
        assert_eq!(claims(&token)["sub_type"], "Profile");
        assert_eq!(token.text("refresh_token"), "not_supported");
        let request = lab.anonymous(Method::GET, "secrets").bearer_auth(token.text("access_token"));
        send(request).await.expect(200);
    }
    for (fields, code) in [
        (vec![("cr_token", seed::CR_TOKEN)], "BXNIM0109E"),
        (vec![("profile_id", id)], "BXNIM0109E"),
        (vec![("cr_token", "x"), ("profile_id", id)], "BXNIM0106E"),
        (vec![("cr_token", seed::CR_TOKEN), ("profile_id", "x")], "BXNIM0106E"),
        (
            vec![("cr_token", seed::CR_TOKEN), ("profile_id", id), ("profile_name", "x")],
            "BXNIM0106E",
        ),
    ] {
        let mut form = vec![("grant_type", CR_TOKEN)];
        form.extend(&fields);
        assert_eq!(lab.form(&form).await.expect(400).text("errorCode"), code, "{fields:?}");
    }
}

/// 1.5: an identity can assume a trusted profile that trusts it.
#[tokio::test]
async fn assumed_profiles() {
    let lab = Lab::start().await;
    let crn = format!(
        "crn:v1:bluemix:public:iam-identity::a/{}::profile:{}",
        seed::ACCOUNT_ID,
        seed::PROFILE_ID
    );
    let writer = lab.token_of(seed::WRITER_API_KEY).await;
    let name = ("profile_name", seed::PROFILE_NAME);
    let mine = ("access_token", lab.token.as_str());
    for fields in [
        vec![mine, ("profile_id", seed::PROFILE_ID)],
        vec![mine, ("profile_crn", &crn)],
        vec![mine, name, ("account", seed::ACCOUNT_ID)],
    ] {
        let mut form = vec![("grant_type", ASSUME)];
        form.extend(&fields);
        let token = lab.form(&form).await.expect(200);
        assert_eq!(claims(&token)["iam_id"], format!("iam-{}", seed::PROFILE_ID));
    }
    for (fields, code) in [
        (vec![mine], "BXNIM0109E"),
        (vec![mine, name], "BXNIM0109E"),
        (vec![("profile_id", seed::PROFILE_ID)], "BXNIM0109E"),
        (vec![mine, ("profile_id", "x")], "BXNIM0106E"),
        (vec![mine, name, ("account", "x")], "BXNIM0106E"),
        (vec![("access_token", "x"), ("profile_id", seed::PROFILE_ID)], "BXNIM0106E"),
        (vec![("access_token", &writer), ("profile_id", seed::PROFILE_ID)], "BXNIM0106E"),
    ] {
        let mut form = vec![("grant_type", ASSUME)];
        form.extend(&fields);
        assert_eq!(lab.form(&form).await.expect(400).text("errorCode"), code, "{fields:?}");
    }
}
