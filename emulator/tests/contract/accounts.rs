//! Settings and limits of an account (3.3).

use crate::lab::{Lab, Response, generated_secret, send, static_secret};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

fn settings() -> String {
    format!("/v1/accounts/{}/settings/identity", seed::ACCOUNT_ID)
}

async fn set(lab: &Lab, tag: &str, body: Value) -> Response {
    send(lab.request(Method::PUT, &settings()).header("If-Match", tag).json(&body)).await
}

fn service_id(name: &str) -> Value {
    json!({ "account_id": seed::ACCOUNT_ID, "name": name })
}

/// 3.3: read, change by tag, read again; what is not given stays.
#[tokio::test]
async fn settings_are_read_and_changed() {
    let lab = Lab::start().await;
    let read = lab.get(&settings()).await.expect(200);
    assert_eq!(read.text("account_id"), seed::ACCOUNT_ID);
    for name in [
        "restrict_create_service_id",
        "restrict_create_platform_apikey",
        "session_expiration_in_seconds",
        "max_sessions_per_identity",
        "system_access_token_expiration_in_seconds",
    ] {
        assert_eq!(read.text(name), "NOT_SET", "{name}");
    }
    assert_eq!((read.text("allowed_ip_addresses"), read.text("mfa")), ("", "NONE"));
    assert_eq!(*read.at("user_mfa"), json!([]));
    let tag = read.header("etag").to_owned();
    assert_eq!(tag, read.text("entity_tag"));
    let body = json!({ "allowed_ip_addresses": "192.0.2.1", "mfa": "TOTP",
                       "restrict_user_domains": [{ "realm_id": "IBMid" }] });
    let changed = set(&lab, &tag, body).await.expect(200);
    assert_ne!(changed.text("entity_tag"), tag);
    set(&lab, "*", json!({ "restrict_user_list_visibility": "RESTRICTED" })).await.expect(200);
    let read = lab.get(&settings()).await.expect(200);
    assert_eq!((read.text("allowed_ip_addresses"), read.text("mfa")), ("192.0.2.1", "TOTP"));
    assert_eq!(read.text("restrict_user_list_visibility"), "RESTRICTED");
    assert_eq!(read.text("restrict_user_domains/0/realm_id"), "IBMid");
    for (tag, body, status) in [
        (tag.as_str(), json!({ "mfa": "NONE" }), 409),
        ("*", json!({ "mfa": "MAGIC" }), 400),
        ("*", json!({ "system_access_token_expiration_in_seconds": "899" }), 400),
        ("*", json!({ "system_access_token_expiration_in_seconds": 900 }), 400),
        ("*", json!({ "restrict_create_service_id": "maybe" }), 400),
        ("*", json!({ "user_mfa": "none" }), 400),
        ("*", json!({ "colour": "red" }), 422),
    ] {
        assert_eq!(set(&lab, tag, body.clone()).await.error().0, status, "{body}");
    }
    assert_eq!(lab.put(&settings(), json!({})).await.error().0, 400, "no If-Match");
    let others = settings().replace(seed::ACCOUNT_ID, seed::OTHER_ACCOUNT_ID);
    assert_eq!(lab.get(&others).await.error().0, 403);
}

/// 3.3: a restriction on creating service IDs holds for callers and for the engine.
#[tokio::test]
async fn creating_service_ids_is_restricted() {
    let lab = Lab::with_engine().await;
    let body = json!({ "restrict_create_service_id": "RESTRICTED" });
    let changed = set(&lab, "*", body).await.expect(200);
    assert_eq!(changed.text("restrict_create_service_id"), "RESTRICTED");
    assert_eq!(lab.post("/v1/serviceids", service_id("app")).await.error().0, 403);
    assert_eq!(lab.post("secrets", generated_secret("s1", true)).await.error().0, 403);
    lab.secret(static_secret("s2", true)).await;
    let equals = |key: &str, value: &str| json!({ "name": key, "value": value });
    let policy = json!({
        "type": "access",
        "subjects": [{ "attributes": [
            equals("iam_id", &format!("iam-{}", seed::BOOTSTRAP_SERVICE_ID))] }],
        "roles": [{ "role_id": "crn:v1:bluemix:public:iam-identity::::serviceRole:ServiceIdCreator" }],
        "resources": [{ "attributes": [
            equals("accountId", seed::ACCOUNT_ID), equals("serviceName", "iam-identity")] }],
    });
    lab.post("/v1/policies", policy).await.expect(201);
    lab.post("/v1/serviceids", service_id("app")).await.expect(201);
    set(&lab, "*", json!({ "restrict_create_service_id": "NOT_RESTRICTED" })).await.expect(200);
    lab.secret(generated_secret("s1", true)).await;
}

/// 1.5: the account may shorten the life of tokens.
#[tokio::test]
async fn tokens_live_as_long_as_the_account_says() {
    let lab = Lab::start().await;
    let body = json!({ "system_access_token_expiration_in_seconds": "900" });
    set(&lab, "*", body).await.expect(200);
    let token = lab.exchange(seed::BOOTSTRAP_API_KEY).await.expect(200);
    assert_eq!(*token.at("expires_in"), 900);
    let get = async || {
        let request = lab.anonymous(Method::GET, "secrets");
        send(request.bearer_auth(token.text("access_token"))).await.status
    };
    lab.advance(899).await;
    assert_eq!(get().await, 200);
    lab.advance(1).await;
    assert_eq!(get().await, 401);
}

/// 3.3: what can exist, and counts of what is asked for.
#[tokio::test]
async fn limits_are_told() {
    let lab = Lab::start().await;
    let path = format!("/v1/accounts/{}/limits/identity", seed::ACCOUNT_ID);
    let limits = lab.get(&path).await.expect(200);
    assert_eq!(*limits.at("serviceids_per_group"), json!({ "limit": 3000 }));
    assert_eq!(*limits.at("apikeys_per_identity"), json!({ "limit": 20_000 }));
    let engine = format!("iam-{}", seed::ENGINE_SERVICE_ID);
    let asked = format!(
        "{path}?serviceid_groups=true&profiles=true&serviceids_per_group=default&apikeys_per_identity={engine},iam-x"
    );
    let limits = lab.get(&asked).await.expect(200);
    assert_eq!(*limits.at("serviceid_groups/count"), 0);
    assert_eq!(*limits.at("profiles/count"), 1);
    assert_eq!(
        *limits.at("serviceids_per_group/serviceid_groups"),
        json!([{ "group_id": "default", "count": 6 }])
    );
    assert_eq!(
        *limits.at("apikeys_per_identity/identities"),
        json!([{ "iam_id": engine, "count": 1 }, { "iam_id": "iam-x", "count": 0 }])
    );
}

/// 3.3: at its limits, IAM refuses callers and the engine; the limits are in the state.
#[tokio::test]
async fn limits_are_kept() {
    let lab = Lab::with_engine().await;
    lab.edit(|state| {
        state["iam"]["accounts"][0]["limits"] = json!({
            "serviceid_groups": 1, "serviceids_per_group": 7, "apikeys_per_identity": 1,
        });
    })
    .await;
    let refused = |response: &Response| {
        assert_eq!(response.error().0, 422);
        assert_eq!(response.text("errors/0/message_code"), "BXNIM0151E");
    };
    lab.post("/v1/serviceids", service_id("app")).await.expect(201);
    refused(&lab.post("/v1/serviceids", service_id("one-too-many")).await);
    let secret = lab.secret(generated_secret("s1", true)).await;
    let read = lab.get(&format!("secrets/{secret}")).await;
    assert_eq!((read.error().0, read.error().1), (400, "secrets-manager.Error01001"));

    let group = lab.post("/v1/serviceid_groups", service_id("g1")).await.expect(201);
    refused(&lab.post("/v1/serviceid_groups", service_id("g2")).await);
    let mut in_group = service_id("app");
    in_group["group_id"] = group.at("id").clone();
    lab.post("/v1/serviceids", in_group).await.expect(201);

    let key = json!({ "name": "k", "iam_id": format!("iam-{}", seed::STATIC_SERVICE_ID) });
    lab.post("/v1/apikeys", key.clone()).await.expect(201);
    refused(&lab.post("/v1/apikeys", key).await);
    let secret = lab.secret(static_secret("s2", true)).await;
    assert_eq!(lab.get(&format!("secrets/{secret}")).await.error().0, 400);
}
