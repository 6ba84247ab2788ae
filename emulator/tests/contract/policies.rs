//! Authorization: policies, service-to-service authorization, other accounts, groups (2.1, 4.2).

use crate::lab::{Lab, generated_secret, send, static_secret, with};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

const OPERATOR: &str = "crn:v1:bluemix:public:iam::::role:Operator";
const MEMBER_MANAGE: &str = "crn:v1:bluemix:public:iam-groups::::serviceRole:MemberManage";
const CREATOR: &str = "crn:v1:bluemix:public:iam-identity::::serviceRole:ServiceIdCreator";
const OTHER_ACCOUNT: &str = "ffffffffffffffffffffffffffffffff";
const OTHER_SERVICE_ID: &str = "ServiceId-99999999-0000-4000-8000-000000000000";

fn attributes(pairs: &[(&str, &str)]) -> Value {
    let attributes: Vec<_> =
        pairs.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!([{ "attributes": attributes }])
}

/// The policy that authorizes Secrets Manager for an IAM service (4.2).
fn authorization(service: &str, roles: &[&str]) -> Value {
    let roles: Vec<_> = roles.iter().map(|role| json!({ "role_id": role })).collect();
    json!({
        "type": "authorization",
        "subjects": attributes(&[("accountId", seed::ACCOUNT_ID), ("serviceName", "secrets-manager")]),
        "roles": roles,
        "resources": attributes(&[("accountId", seed::ACCOUNT_ID), ("serviceName", service)]),
    })
}

/// A policy that makes the reader a Manager or Writer of one secret group.
fn on_group(group: &str, role: &str) -> Value {
    json!({
        "type": "access",
        "subjects": attributes(&[("iam_id", &format!("iam-{}", seed::READER_SERVICE_ID))]),
        "roles": [{ "role_id": format!("crn:v1:bluemix:public:iam::::serviceRole:{role}") }],
        "resources": attributes(&[
            ("accountId", seed::ACCOUNT_ID),
            ("serviceName", "secrets-manager"),
            ("serviceInstance", seed::INSTANCE_ID),
            ("resourceType", "secret-group"),
            ("resource", group),
        ]),
    })
}

/// 4.2: create, read, delete.
#[tokio::test]
async fn a_policy_is_created_read_and_deleted() {
    let lab = Lab::start().await;
    let made =
        lab.post("/v1/policies", authorization("iam-identity", &[OPERATOR])).await.expect(201);
    assert_eq!(made.text("type"), "authorization");
    assert_eq!(made.text("state"), "active");
    assert_eq!(made.text("roles/0/role_id"), OPERATOR);
    assert_eq!(made.text("roles/0/display_name"), "Operator");
    assert_eq!(made.text("subjects/0/attributes/1/value"), "secrets-manager");
    let path = format!("/v1/policies/{}", made.text("id"));
    assert_eq!(lab.get(&path).await.expect(200).body, made.body);
    let list = format!("/v1/policies?account_id={}&type=authorization", seed::ACCOUNT_ID);
    // Two others exist at the start: they authorize the second account.
    assert_eq!(lab.get(&list).await.at("policies").as_array().unwrap().len(), 3);
    let again = lab.post("/v1/policies", authorization("iam-identity", &[OPERATOR])).await;
    assert_eq!((again.error().0, again.error().1), (409, "conflict"));
    lab.delete(&path).await.expect(204);
    let response = lab.get(&path).await;
    assert_eq!((response.error().0, response.error().1), (404, "not_found"));
}

/// 4.2: refusals.
#[tokio::test]
async fn refusals_of_create() {
    let lab = Lab::start().await;
    for (changes, status) in [
        (json!({ "type": "magic" }), 400),
        (json!({ "type": null }), 400),
        (json!({ "roles": [] }), 400),
        (json!({ "roles": [{ "role_id": "Operator" }] }), 400),
        (json!({ "subjects": [] }), 400),
        (json!({ "subjects": attributes(&[("accountId", "a")]) }), 400),
        (
            json!({ "subjects": attributes(&[("accountId", "a"), ("serviceName", "b"), ("colour", "red")]) }),
            400,
        ),
        (json!({ "resources": attributes(&[("serviceName", "iam-identity")]) }), 400),
        (json!({ "resources": attributes(&[("accountId", OTHER_ACCOUNT)]) }), 403),
        (json!({ "colour": "red" }), 422),
    ] {
        let body = with(authorization("iam-identity", &[OPERATOR]), changes.clone());
        assert_eq!(lab.post("/v1/policies", body).await.error().0, status, "{changes}");
    }
    let token = lab.token_of(seed::WRITER_API_KEY).await;
    let request = lab.anonymous(Method::POST, "/v1/policies").bearer_auth(token);
    assert_eq!(
        send(request.json(&authorization("iam-identity", &[OPERATOR]))).await.error().0,
        403
    );
}

/// 4.2: with policies, the engine needs no configuration.
#[tokio::test]
async fn service_to_service() {
    let lab = Lab::start().await;
    assert_eq!(
        lab.post("secrets", static_secret("s1", true)).await.error().1,
        "secrets-manager.Error01002"
    );
    lab.post("/v1/policies", authorization("iam-identity", &[OPERATOR])).await.expect(201);
    let id = lab.secret(static_secret("s1", true)).await;
    let key = lab.get(&format!("secrets/{id}")).await.expect(200);
    assert!(lab.accepts(key.text("api_key")).await);
    // Generated service IDs also require the management of members.
    let response = lab.post("secrets", generated_secret("s2", true)).await;
    assert_eq!((response.error().0, response.error().1), (403, "secrets-manager.Error00403"));
    lab.post("/v1/policies", authorization("iam-groups", &[MEMBER_MANAGE])).await.expect(201);
    let id = lab.secret(generated_secret("s2", true)).await;
    let key = lab.get(&format!("secrets/{id}")).await.expect(200);
    assert!(lab.accepts(key.text("api_key")).await);
    assert_eq!(lab.get("configurations").await.at("total_count"), 0);
}

/// 4.2: an authorization can be limited to one instance.
#[tokio::test]
async fn an_authorization_of_another_instance_does_not_apply() {
    let lab = Lab::start().await;
    let mut policy = authorization("iam-identity", &[OPERATOR]);
    let name = "serviceInstance";
    policy["subjects"][0]["attributes"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": name, "value": "another" }));
    lab.post("/v1/policies", policy.clone()).await.expect(201);
    assert_eq!(lab.post("secrets", static_secret("s1", true)).await.error().0, 403);
    policy["subjects"][0]["attributes"][2]["value"] = json!(seed::INSTANCE_ID);
    lab.post("/v1/policies", policy).await.expect(201);
    lab.secret(static_secret("s1", true)).await;
}

/// 2.8, 4.2: when the configured key is disabled, policies apply.
#[tokio::test]
async fn policies_apply_when_the_configuration_is_disabled() {
    let lab = Lab::with_engine().await;
    lab.patch("configurations/engine", json!({ "disabled": true })).await.expect(200);
    lab.post("/v1/policies", authorization("iam-identity", &[OPERATOR])).await.expect(201);
    let id = lab.secret(static_secret("s1", true)).await;
    let secret = lab.get(&format!("secrets/{id}")).await.expect(200);
    let key = lab.get(&format!("/v1/apikeys/{}", secret.text("api_key_id"))).await.expect(200);
    assert!(
        key.text("created_by").starts_with("crn-crn:v1:bluemix:public:secrets-manager:us-south:a/")
    );
}

/// 3.3, 4.2: if the account restricts who creates service IDs, the engine needs the creator role.
#[tokio::test]
async fn restricted_service_id_creation() {
    let lab = Lab::start().await;
    lab.edit(|state| state["iam"]["accounts"][0]["restrict_create_service_id"] = json!(true)).await;
    lab.post("/v1/policies", authorization("iam-groups", &[MEMBER_MANAGE])).await.expect(201);
    lab.post("/v1/policies", authorization("iam-identity", &[OPERATOR])).await.expect(201);
    lab.secret(static_secret("s1", true)).await;
    assert_eq!(lab.post("secrets", generated_secret("s2", true)).await.error().0, 403);
    lab.post("/v1/policies", authorization("iam-identity", &[CREATOR])).await.expect(201);
    lab.secret(generated_secret("s2", true)).await;
}

/// 4.2: credentials of another account need policies there; the configured key does not apply.
#[tokio::test]
async fn other_accounts() {
    let lab = Lab::with_engine().await;
    let wanted = with(
        static_secret("s1", true),
        json!({ "account_id": OTHER_ACCOUNT, "service_id": OTHER_SERVICE_ID }),
    );
    let times = json!("2026-01-01T00:00:00Z");
    lab.edit(|state| {
        let iam = &mut state["iam"];
        let accounts = iam["accounts"].as_array_mut().unwrap();
        accounts.push(json!({ "id": OTHER_ACCOUNT, "name": "other" }));
        let service_ids = iam["service_ids"].as_array_mut().unwrap();
        service_ids.push(json!({
            "id": OTHER_SERVICE_ID, "account_id": OTHER_ACCOUNT, "name": "x", "created_at": times, "modified_at": times,
        }));
    })
    .await;
    let response = lab.post("secrets", wanted.clone()).await;
    assert_eq!((response.error().0, response.error().1), (400, "secrets-manager.Error01002"));
    lab.edit(|state| {
        state["iam"]["policies"].as_array_mut().unwrap().push(json!({
            "id": "00000000-0000-4000-8000-0000000000aa",
            "subject": { "service": { "account_id": seed::ACCOUNT_ID, "service_name": "secrets-manager" } },
            "roles": [OPERATOR],
            "resource": { "account_id": OTHER_ACCOUNT, "service_name": "iam-identity" },
            "created_at": times, "created_by_id": "x",
        }));
    })
    .await;
    let own = with(wanted.clone(), json!({ "service_id": seed::STATIC_SERVICE_ID }));
    let response = lab.post("secrets", own).await;
    assert_eq!(response.error().0, 400, "a service ID of the instance's own account");
    let id = lab.secret(wanted).await;
    let secret = lab.get(&format!("secrets/{id}")).await.expect(200);
    assert_eq!(secret.text("account_id"), OTHER_ACCOUNT);
    assert!(lab.accepts(secret.text("api_key")).await);
    let state = lab.state().await;
    let keys = state["iam"]["api_keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["id"] == *secret.at("api_key_id")).unwrap();
    assert_eq!(key["account_id"], OTHER_ACCOUNT);
}

/// 2.1: a role on one secret group applies only to its secrets, in lists too.
#[tokio::test]
async fn roles_on_one_group() {
    let lab = Lab::with_engine().await;
    let group = lab.post("secret_groups", json!({ "name": "mine" })).await.expect(201);
    let group = group.text("id");
    let mine =
        lab.secret(with(static_secret("s1", true), json!({ "secret_group_id": group }))).await;
    let others = lab.secret(static_secret("s2", true)).await;
    // Replaces the reader's role on the instance by one on the group.
    lab.delete("/v1/policies/00000000-0000-4000-8000-000000000005").await.expect(204);
    lab.post("/v1/policies", on_group(group, "Writer")).await.expect(201);
    let token = lab.token_of(seed::READER_API_KEY).await;
    let ask = async |method: Method, path: &str, body: Value| {
        send(lab.anonymous(method, path).bearer_auth(&token).json(&body)).await
    };
    let get = async |path: &str| ask(Method::GET, path, Value::Null).await;
    assert_eq!(get(&format!("secrets/{mine}")).await.status, 200);
    assert_eq!(get(&format!("secrets/{others}")).await.error().0, 403);
    assert_eq!(get(&format!("secrets/{others}/metadata")).await.error().0, 403);
    assert_eq!(
        get("secret_groups/default/secret_types/iam_credentials/secrets/s2").await.error().0,
        403
    );
    let list = get("secrets").await.expect(200);
    assert_eq!(list.at("total_count"), 1);
    assert_eq!(list.text("secrets/0/name"), "s1");
    let groups = get("secret_groups").await.expect(200);
    assert_eq!(groups.at("total_count"), 1);
    assert_eq!(get("secret_groups/default").await.error().0, 403);
    assert_eq!(get("configurations").await.error().0, 403);
    let body = static_secret("s3", true);
    assert_eq!(ask(Method::POST, "secrets", body.clone()).await.error().0, 403);
    let body = with(body, json!({ "secret_group_id": group }));
    assert_eq!(ask(Method::POST, "secrets", body).await.status, 201);
    assert_eq!(ask(Method::DELETE, &format!("secrets/{mine}"), Value::Null).await.error().0, 403);
    lab.post("/v1/policies", on_group(group, "Manager")).await.expect(201);
    assert_eq!(ask(Method::DELETE, &format!("secrets/{mine}"), Value::Null).await.status, 204);
    assert_eq!(ask(Method::POST, "secret_groups", json!({ "name": "new" })).await.error().0, 403);
}

/// 4.10, 4.2: new keys and policies take a while to become effective.
#[tokio::test]
async fn propagation() {
    let lab = Lab::with_engine().await;
    lab.put("/_emulator/switches", json!({ "iam_propagation_seconds": 2 })).await.expect(200);
    let id = lab.secret(generated_secret("s1", true)).await;
    let secret = lab.get(&format!("secrets/{id}")).await.expect(200);
    let response = lab.exchange(secret.text("api_key")).await.expect(400);
    assert_eq!(response.text("errorCode"), "BXNIM0415E");
    lab.advance(1).await;
    assert!(!lab.accepts(secret.text("api_key")).await);
    lab.advance(1).await;
    assert!(lab.accepts(secret.text("api_key")).await);
    lab.patch("configurations/engine", json!({ "disabled": true })).await.expect(200);
    lab.post("/v1/policies", authorization("iam-identity", &[OPERATOR])).await.expect(201);
    assert_eq!(lab.post("secrets", static_secret("s2", true)).await.error().0, 403);
    lab.advance(2).await;
    lab.secret(static_secret("s2", true)).await;
    let group = seed::ACCESS_GROUP_IDS[0];
    lab.post("/v1/policies", with(on_group("default", "Manager"), json!({
        "subjects": attributes(&[("access_group_id", group)]),
        "resources": attributes(&[("accountId", seed::ACCOUNT_ID), ("serviceName", "secrets-manager")]),
    }))).await.expect(201);
    lab.advance(2).await;
    let member = json!({ "members": [{ "iam_id": format!("iam-{}", seed::READER_SERVICE_ID), "type": "service" }] });
    lab.put(&format!("/v2/groups/{group}/members"), member).await.expect(207);
    let token = lab.token_of(seed::READER_API_KEY).await;
    let create = async || {
        let request = lab.anonymous(Method::POST, "secret_groups").bearer_auth(&token);
        send(request.json(&json!({ "name": "g1" }))).await.status
    };
    assert_eq!(create().await, 403);
    lab.advance(2).await;
    assert_eq!(create().await, 201);
}
