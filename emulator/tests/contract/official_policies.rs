//! The lives of the official provider's policy types, as the requests that it sends, in its order
//! (provider 2.5.0): create, read again without a difference, update, import, delete.

use crate::lab::{Lab, Response, generated_secret, send, static_secret};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

const OPERATOR: &str = "crn:v1:bluemix:public:iam::::role:Operator";

fn equals(pairs: &[(&str, &str)], name: &str) -> Value {
    pairs
        .iter()
        .map(|(key, value)| json!({ name: key, "value": value, "operator": "stringEquals" }))
        .collect()
}

/// A resource of version 1: the provider puts the account last.
fn v1_resource(pairs: &[(&str, &str)]) -> Value {
    let mut attributes = equals(pairs, "name");
    attributes.as_array_mut().unwrap().extend(
        equals(&[("accountId", seed::ACCOUNT_ID)], "name").as_array().unwrap().iter().cloned(),
    );
    json!([{ "attributes": attributes }])
}

/// The CRNs of roles by their display names, as the provider looks them up.
async fn role_ids(lab: &Lab, query: &str, names: &[&str]) -> Value {
    let roles = lab.get(&format!("/v2/roles?{query}")).await.expect(200);
    let known: Vec<&Value> = ["custom_roles", "service_roles", "system_roles"]
        .into_iter()
        .flat_map(|kind| roles.at(kind).as_array().unwrap())
        .collect();
    names
        .iter()
        .map(|name| {
            let role = known.iter().find(|role| role["display_name"] == *name);
            json!({ "role_id": role.unwrap_or_else(|| panic!("no role {name}"))["crn"] })
        })
        .collect()
}

/// The names that the provider reads back for the roles of a policy.
async fn role_names(lab: &Lab, query: &str, policy: &Response) -> Vec<String> {
    let roles = lab.get(&format!("/v2/roles?{query}")).await.expect(200);
    let known: Vec<&Value> = ["custom_roles", "service_roles", "system_roles"]
        .into_iter()
        .flat_map(|kind| roles.at(kind).as_array().unwrap())
        .collect();
    let granted = policy.at("control/grant/roles").as_array().unwrap();
    granted
        .iter()
        .map(|granted| {
            let role = known.iter().find(|role| role["crn"] == granted["role_id"]).unwrap();
            role["display_name"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// The value of an attribute of `subject` or `resource`, as the provider reads it.
fn attribute<'a>(policy: &'a Response, of: &str, key: &str) -> Option<&'a Value> {
    let attributes = policy.at(of)["attributes"].as_array().unwrap();
    attributes.iter().find(|it| it["key"] == key).map(|it| {
        assert_eq!(it["operator"], "stringEquals");
        &it["value"]
    })
}

async fn replace(lab: &Lab, path: &str, tag: &str, body: &Value) -> Response {
    send(lab.request(Method::PUT, path).header("If-Match", tag).json(body)).await
}

/// `ibm_iam_service_policy` without conditions: version 1 to write, version 2 to read. The service
/// ID may then what the policy says.
#[tokio::test]
async fn service_policy() {
    let lab = Lab::start().await;
    let query =
        format!("account_id={}&service_name=secrets-manager&policy_type=access", seed::ACCOUNT_ID);
    let service_id = lab.post("/v1/serviceids/", service_id("app")).await.expect(201);
    let id = service_id.text("id");
    let key =
        json!({ "name": "k", "iam_id": service_id.text("iam_id"), "account_id": seed::ACCOUNT_ID });
    let key = lab.post("/v1/apikeys", key).await.expect(201);
    let token = lab.token_of(key.text("apikey")).await;
    let status_of = async |method: Method, path: &str, body: Value| {
        send(lab.anonymous(method, path).bearer_auth(&token).json(&body)).await.status
    };
    assert_eq!(status_of(Method::GET, "secrets", Value::Null).await, 403);

    let read = lab.get(&format!("/v1/serviceids/{id}")).await.expect(200);
    let roles = role_ids(&lab, &query, &["Reader"]).await;
    let resource = v1_resource(&[
        ("serviceName", "secrets-manager"),
        ("serviceInstance", seed::INSTANCE_ID),
        ("region", seed::REGION),
    ]);
    let body = |roles: &Value, description: &str| {
        json!({
            "type": "access",
            "subjects": [{ "attributes": [{ "name": "iam_id", "value": read.text("iam_id") }] }],
            "roles": roles, "resources": resource, "description": description,
        })
    };
    let request = lab.request(Method::POST, "/v1/policies").header("Transaction-Id", "tf-1");
    let made = send(request.json(&body(&roles, "one"))).await.expect(201);
    assert_eq!(made.header("transaction-id"), "tf-1", "what a configuration may pin");
    assert_eq!(*made.at("resources/0/attributes/0/name"), "accountId");
    let path = format!("/v2/policies/{}", made.text("id"));
    let policy = lab.get(&path).await.expect(200);
    assert_eq!(lab.get(&path).await.body, policy.body, "no difference");
    assert_eq!(role_names(&lab, &query, &policy).await, ["Reader"]);
    assert_eq!(attribute(&policy, "subject", "iam_id").unwrap(), service_id.text("iam_id"));
    assert_eq!(attribute(&policy, "resource", "serviceName").unwrap(), "secrets-manager");
    assert_eq!(attribute(&policy, "resource", "serviceInstance").unwrap(), seed::INSTANCE_ID);
    assert_eq!(attribute(&policy, "resource", "region").unwrap(), seed::REGION);
    assert_eq!(attribute(&policy, "resource", "serviceType"), None);
    assert_eq!(policy.text("description"), "one");
    assert_eq!(policy.text("state"), "active");
    // By the link, the provider knows with which version to change it.
    let link = format!("/v1/policies/{}", made.text("id"));
    assert!(policy.text("href").ends_with(&link));
    assert_eq!(status_of(Method::GET, "secrets", Value::Null).await, 200);
    let group = json!({ "name": "g1" });
    assert_eq!(status_of(Method::POST, "secret_groups", group.clone()).await, 403);

    let tag = policy.header("etag").to_owned();
    let roles = role_ids(&lab, &query, &["Manager", "Viewer"]).await;
    assert_eq!(replace(&lab, &link, "0-0", &body(&roles, "two")).await.error().0, 409);
    let changed = replace(&lab, &link, &tag, &body(&roles, "two")).await.expect(200);
    assert_ne!(changed.header("etag"), tag);
    let policy = lab.get(&path).await.expect(200);
    assert_eq!(role_names(&lab, &query, &policy).await, ["Manager", "Viewer"]);
    assert_eq!(policy.text("description"), "two");
    assert_eq!(status_of(Method::POST, "secret_groups", group).await, 201);

    // Another region: the policy gives nothing any more.
    let mut elsewhere = body(&roles, "two");
    elsewhere["resources"][0]["attributes"][2]["value"] = json!("eu-de");
    replace(&lab, &link, "*", &elsewhere).await.expect(200);
    assert_eq!(status_of(Method::GET, "secrets", Value::Null).await, 403);

    lab.get(&path).await.expect(200);
    lab.delete(&link).await.expect(204);
    assert_eq!(lab.get(&path).await.error().0, 404);
}

/// `ibm_iam_service_policy` with conditions: version 2 throughout.
#[tokio::test]
async fn service_policy_with_conditions() {
    let lab = Lab::start().await;
    let query = format!("account_id={}&service_name=alliamserviceroles", seed::ACCOUNT_ID);
    let body = |roles: Value, weekday: &str| {
        json!({
            "type": "access",
            "subject": { "attributes": equals(
                &[("iam_id", &format!("iam-{}", seed::READER_SERVICE_ID))], "key") },
            "resource": {
                "attributes": equals(
                    &[("serviceType", "service"), ("accountId", seed::ACCOUNT_ID)], "key"),
                "tags": [{ "key": "project", "value": "one", "operator": "stringEquals" }],
            },
            "control": { "grant": { "roles": roles } },
            "pattern": "time-based-conditions:weekly:all-day",
            "rule": { "operator": "and", "conditions": [
                { "key": "{{environment.attributes.day_of_week}}", "operator": "dayOfWeekAnyOf",
                  "value": [weekday] },
                { "operator": "or", "conditions": [
                    { "key": "{{environment.attributes.current_time}}",
                      "operator": "timeLessThan", "value": "17:00:00+00:00" } ] },
            ] },
        })
    };
    let roles = role_ids(&lab, &query, &["Writer"]).await;
    let made = lab.post("/v2/policies", body(roles.clone(), "1+00:00")).await.expect(201);
    let path = format!("/v2/policies/{}", made.text("id"));
    let policy = lab.get(&path).await.expect(200);
    assert_eq!(policy.body, made.body);
    assert!(policy.text("href").ends_with(&path));
    assert_eq!(policy.text("rule/conditions/0/value/0"), "1+00:00");
    assert_eq!(policy.text("pattern"), "time-based-conditions:weekly:all-day");
    assert_eq!(policy.text("resource/tags/0/key"), "project");
    assert_eq!(role_names(&lab, &query, &policy).await, ["Writer"]);
    let tag = policy.header("etag").to_owned();
    replace(&lab, &path, &tag, &body(roles, "2+00:00")).await.expect(200);
    assert_eq!(lab.get(&path).await.text("rule/conditions/0/value/0"), "2+00:00");
    lab.delete(&path).await.expect(204);
    assert_eq!(lab.get(&path).await.error().0, 404);
}

/// `ibm_iam_access_group_policy`: members have the roles, and account management is not among the
/// services of a policy on all services.
#[tokio::test]
async fn access_group_policy() {
    let lab = Lab::start().await;
    let query = format!("account_id={}&service_name=alliamserviceroles", seed::ACCOUNT_ID);
    let group = seed::ACCESS_GROUP_IDS[0];
    let member = json!({ "iam_id": format!("iam-{}", seed::READER_SERVICE_ID), "type": "service" });
    let members = json!({ "members": [member] });
    lab.put(&format!("/v2/groups/{group}/members"), members).await.expect(207);
    let token = lab.token_of(seed::READER_API_KEY).await;
    let create = async |path: &str, body: Value| {
        send(lab.anonymous(Method::POST, path).bearer_auth(&token).json(&body)).await.status
    };
    let body = |roles: Value, resource: Value| {
        json!({
            "type": "access",
            "subjects": [{ "attributes": [{ "name": "access_group_id", "value": group }] }],
            "roles": roles, "resources": resource,
        })
    };
    let roles = role_ids(&lab, &query, &["Manager", "Operator"]).await;
    let all_services = v1_resource(&[("serviceType", "service")]);
    let made = lab.post("/v1/policies", body(roles, all_services)).await.expect(201);
    let path = format!("/v2/policies/{}", made.text("id"));
    let policy = lab.get(&path).await.expect(200);
    assert_eq!(lab.get(&path).await.body, policy.body, "no difference");
    assert_eq!(role_names(&lab, &query, &policy).await, ["Manager", "Operator"]);
    assert_eq!(attribute(&policy, "subject", "access_group_id").unwrap(), group);
    assert_eq!(attribute(&policy, "resource", "serviceType").unwrap(), "service");
    assert!(!policy.has("description"));
    assert_eq!(create("secret_groups", json!({ "name": "g1" })).await, 201);
    assert_eq!(create("/v1/serviceids", service_id("x")).await, 403);

    // `account_management = true`.
    let query = format!("account_id={}", seed::ACCOUNT_ID);
    let roles = role_ids(&lab, &query, &["Operator"]).await;
    let management = v1_resource(&[("serviceType", "platform_service")]);
    let link = format!("/v1/policies/{}", made.text("id"));
    let tag = policy.header("etag").to_owned();
    replace(&lab, &link, &tag, &body(roles, management)).await.expect(200);
    let policy = lab.get(&path).await.expect(200);
    assert_eq!(role_names(&lab, &query, &policy).await, ["Operator"]);
    assert_eq!(create("secret_groups", json!({ "name": "h1" })).await, 403);
    assert_eq!(create("/v1/serviceids", service_id("x")).await, 201);
    lab.delete(&link).await.expect(204);
    assert_eq!(lab.get(&path).await.error().0, 404);
}

/// `ibm_iam_authorization_policy`: version 2, but the provider asks version 1 whether it exists
/// and deletes with it. The engine may then what the policy says.
#[tokio::test]
async fn authorization_policy() {
    let lab = Lab::start().await;
    let query = |target: &str| {
        format!(
            "service_name={target}&source_service_name=secrets-manager&policy_type=authorization"
        )
    };
    let body = |target: &str, roles: Value, more: &[(&str, &str)]| {
        let subject =
            [&[("serviceName", "secrets-manager"), ("accountId", seed::ACCOUNT_ID)], more].concat();
        json!({
            "type": "authorization", "description": "for the engine",
            "subject": { "attributes": equals(&subject, "key") },
            "resource": { "attributes": equals(
                &[("serviceName", target), ("accountId", seed::ACCOUNT_ID)], "key") },
            "control": { "grant": { "roles": roles } },
        })
    };
    assert_eq!(lab.post("secrets", static_secret("s1", true)).await.error().0, 400);
    let roles = role_ids(&lab, &query("iam-identity"), &["Operator"]).await;
    assert_eq!(roles[0]["role_id"], OPERATOR);
    let instance = [("serviceInstance", seed::INSTANCE_ID)];
    let made = lab.post("/v2/policies", body("iam-identity", roles, &instance)).await.expect(201);
    let path = format!("/v2/policies/{}", made.text("id"));
    let link = format!("/v1/policies/{}", made.text("id"));
    let policy = lab.get(&path).await.expect(200);
    assert_eq!(policy.body, made.body, "no difference");
    let read = format!("account_id={}&{}", seed::ACCOUNT_ID, query("iam-identity"));
    assert_eq!(role_names(&lab, &read, &policy).await, ["Operator"]);
    assert_eq!(attribute(&policy, "subject", "serviceName").unwrap(), "secrets-manager");
    assert_eq!(attribute(&policy, "subject", "accountId").unwrap(), seed::ACCOUNT_ID);
    assert_eq!(attribute(&policy, "subject", "serviceInstance").unwrap(), seed::INSTANCE_ID);
    assert_eq!(attribute(&policy, "resource", "serviceName").unwrap(), "iam-identity");
    let exists = lab.get(&link).await.expect(200);
    assert_eq!(*exists.at("id"), made.text("id"));
    assert_eq!(exists.text("subjects/0/attributes/1/value"), "secrets-manager");
    lab.secret(static_secret("s1", true)).await;
    assert_eq!(lab.post("secrets", generated_secret("s2", true)).await.error().0, 403);

    let roles = role_ids(&lab, &query("iam-groups"), &["Groups Service Member Manage"]).await;
    let groups = lab.post("/v2/policies", body("iam-groups", roles, &[])).await.expect(201);
    lab.secret(generated_secret("s2", true)).await;

    let roles = role_ids(&lab, &query("iam-identity"), &["Operator", "Service ID creator"]).await;
    let tag = policy.header("etag").to_owned();
    replace(&lab, &path, &tag, &body("iam-identity", roles, &[])).await.expect(200);
    let policy = lab.get(&path).await.expect(200);
    assert_eq!(role_names(&lab, &read, &policy).await, ["Operator", "Service ID creator"]);
    assert_eq!(attribute(&policy, "subject", "serviceInstance"), None);
    lab.edit(|state| state["iam"]["accounts"][0]["restrict_create_service_id"] = json!(true)).await;
    lab.secret(generated_secret("s3", true)).await;

    for id in [made.text("id"), groups.text("id")] {
        lab.delete(&format!("/v1/policies/{id}")).await.expect(204);
    }
    assert_eq!(lab.get(&link).await.error().0, 404);
    assert_eq!(
        lab.post("secrets", static_secret("s4", true)).await.error().1,
        "secrets-manager.Error01002"
    );
}

/// A source that is narrowed by resource group: any (`*`) is every instance; one is none, since
/// instances have no resource group here.
#[tokio::test]
async fn authorization_by_resource_group() {
    let lab = Lab::start().await;
    let body = |value: Value, operator: &str| {
        let mut subject =
            equals(&[("serviceName", "secrets-manager"), ("accountId", seed::ACCOUNT_ID)], "key");
        let group = json!({ "key": "resourceGroupId", "value": value, "operator": operator });
        subject.as_array_mut().unwrap().push(group);
        json!({
            "type": "authorization",
            "subject": { "attributes": subject },
            "resource": { "attributes": equals(
                &[("serviceName", "iam-identity"), ("accountId", seed::ACCOUNT_ID)], "key") },
            "control": { "grant": { "roles": [{ "role_id": OPERATOR }] } },
        })
    };
    let one = lab.post("/v2/policies", body(json!("g1"), "stringEquals")).await.expect(201);
    assert_eq!(one.text("subject/attributes/2/value"), "g1");
    assert_eq!(lab.post("secrets", static_secret("s1", true)).await.error().0, 403);
    let any = lab.post("/v2/policies", body(json!(true), "stringExists")).await.expect(201);
    assert_eq!(*any.at("subject/attributes/2/value"), true);
    lab.secret(static_secret("s1", true)).await;
}

/// What version 2 refuses, and its lists.
#[tokio::test]
async fn refusals_and_lists() {
    let lab = Lab::start().await;
    let body = json!({
        "type": "access",
        "subject": { "attributes": equals(&[("iam_id", "iam-x")], "key") },
        "resource": { "attributes": equals(
            &[("serviceName", "secrets-manager"), ("accountId", seed::ACCOUNT_ID)], "key") },
        "control": { "grant": { "roles": [{ "role_id": OPERATOR }] } },
    });
    for (pointer, value, status) in [
        ("/type", json!("magic"), 400),
        ("/control", json!({}), 400),
        ("/control/grant/roles", json!([]), 400),
        ("/control/grant/colour", json!("red"), 422),
        ("/subject/attributes/0/operator", json!("like"), 400),
        ("/subject/attributes/0/value", json!(true), 400),
        ("/subject/attributes/0/key", json!("colour"), 400),
        ("/resource/attributes/1/value", json!("ffffffffffffffffffffffffffffffff"), 403),
        ("/resource/attributes/1/key", json!("serviceName"), 400),
        ("/rule", json!({ "operator": "and", "conditions": "none" }), 400),
        ("/colour", json!("red"), 422),
    ] {
        let mut wrong = body.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match wrong.pointer_mut(parent).unwrap() {
            Value::Object(fields) => {
                fields.insert(name.to_owned(), value.clone());
            }
            other => other[name.parse::<usize>().unwrap()] = value.clone(),
        }
        let response = lab.post("/v2/policies", wrong).await;
        assert_eq!(response.error().0, status, "{pointer} {value}");
    }
    lab.post("/v2/policies", body.clone()).await.expect(201);
    let twin = lab.post("/v2/policies", body).await;
    assert_eq!((twin.error().0, twin.error().1), (409, "conflict"));
    let account = format!("/v2/policies?account_id={}", seed::ACCOUNT_ID);
    for (query, count) in [
        ("&iam_id=iam-x&sort=-id", 1),
        ("&iam_id=iam-y", 0),
        ("&type=authorization", 2),
        ("&service_name=iam-groups", 2),
        ("&state=deleted", 0),
    ] {
        let found = lab.get(&format!("{account}{query}")).await.expect(200);
        assert_eq!(found.at("policies").as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(lab.get("/v2/roles?colour=red").await.error().0, 400);
    assert_eq!(lab.get("/v2/policies/x").await.error().1, "not_found");
}

fn service_id(name: &str) -> Value {
    json!({ "account_id": seed::ACCOUNT_ID, "name": name })
}
