//! Service IDs (3.1, 3.3).

use crate::lab::{Lab, START, send};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

const NEW: &str = "/v1/serviceids";

fn body(name: &str) -> Value {
    json!({ "account_id": seed::ACCOUNT_ID, "name": name })
}

/// 3.1: create, read, update, delete; the SDK's trailing slash is the same route.
#[tokio::test]
async fn a_service_id_is_created_read_updated_and_deleted() {
    let lab = Lab::start().await;
    let made = lab.post("/v1/serviceids/", body("app")).await.expect(201);
    let id = made.text("id");
    assert!(id.starts_with("ServiceId-"));
    assert_eq!(made.text("iam_id"), format!("iam-{id}"));
    assert_eq!(
        made.text("crn"),
        format!("crn:v1:bluemix:public:iam-identity::a/{}::serviceid:{id}", seed::ACCOUNT_ID)
    );
    assert_eq!(made.at("locked"), false);
    assert_eq!(made.text("created_at"), START);
    let path = format!("/v1/serviceids/{id}");
    let read = lab.get(&path).await.expect(200);
    assert_eq!(read.body, made.body);
    let tag = read.header("etag").to_owned();
    assert_eq!(tag, read.text("entity_tag"));
    let update = |tag: &str, body: Value| {
        lab.request(Method::PUT, &path).header("if-match", tag).json(&body)
    };
    let changed =
        send(update(&tag, json!({ "name": "app-2", "description": "d" }))).await.expect(200);
    assert_eq!(changed.text("name"), "app-2");
    assert_ne!(changed.text("entity_tag"), tag);
    let response = send(update(&tag, json!({ "name": "app-3" }))).await;
    assert_eq!((response.error().0, response.error().1), (409, "conflict"));
    let cleared = send(update("*", json!({ "description": "" }))).await.expect(200);
    assert!(!cleared.has("description"));
    assert_eq!(send(update("*", json!({ "name": "" }))).await.error().0, 400);
    assert_eq!(lab.put(&path, json!({ "name": "x" })).await.error().0, 400, "no If-Match");
    lab.delete(&path).await.expect(204);
    let response = lab.get(&path).await;
    assert_eq!((response.error().0, response.error().1), (404, "not_found"));
    assert_eq!(response.text("errors/0/message_code"), "BXNIM0102E");
    assert_eq!(response.at("status_code"), 404);
    assert!(!response.text("context/requestId").is_empty());
}

/// 3.1: a key can be created in the same request.
#[tokio::test]
async fn a_service_id_with_a_key() {
    let lab = Lab::start().await;
    let mut with_key = body("app");
    with_key["apikey"] = json!({ "name": "k", "store_value": true });
    let made = lab.post(NEW, with_key.clone()).await.expect(201);
    let key = made.text("apikey/apikey");
    assert!(lab.accepts(key).await);
    let read = lab.get(&format!("/v1/apikeys/{}", made.text("apikey/id"))).await.expect(200);
    assert_eq!(read.text("apikey"), key);
    assert_eq!(read.text("iam_id"), made.text("iam_id"));
    assert!(!lab.get(&format!("/v1/serviceids/{}", made.text("id"))).await.has("apikey"));
    with_key["apikey"] = json!({ "name": "k", "colour": "red" });
    assert_eq!(lab.post(NEW, with_key).await.error().0, 422);
    lab.delete(&format!("/v1/serviceids/{}", made.text("id"))).await.expect(204);
    assert!(!lab.accepts(key).await);
}

/// 3.1, 4.7: a locked service ID cannot be changed or deleted.
#[tokio::test]
async fn locks() {
    let lab = Lab::start().await;
    let request = lab.request(Method::POST, NEW).header("entity-lock", "true").json(&body("app"));
    let made = send(request).await.expect(201);
    assert_eq!(made.at("locked"), true);
    let path = format!("/v1/serviceids/{}", made.text("id"));
    let update =
        lab.request(Method::PUT, &path).header("if-match", "*").json(&json!({ "name": "x" }));
    for response in [send(update).await, lab.delete(&path).await] {
        assert_eq!((response.error().0, response.error().1), (409, "entity_locked"));
    }
    lab.delete(&format!("{path}/lock")).await.expect(204);
    lab.post(&format!("{path}/lock"), json!({})).await.expect(204);
    assert_eq!(lab.delete(&path).await.error().0, 409);
    lab.delete(&format!("{path}/lock")).await.expect(204);
    lab.delete(&path).await.expect(204);
}

/// 3.3: a service ID with a locked key cannot be deleted.
#[tokio::test]
async fn a_service_id_with_a_locked_key_is_not_deleted() {
    let lab = Lab::start().await;
    let made = lab.post(NEW, body("app")).await.expect(201);
    let key = json!({ "name": "k", "iam_id": made.text("iam_id") });
    let request = lab.request(Method::POST, "/v1/apikeys").header("entity-lock", "true").json(&key);
    send(request).await.expect(201);
    let response = lab.delete(&format!("/v1/serviceids/{}", made.text("id"))).await;
    assert_eq!((response.error().0, response.error().1), (409, "delete_not_possible"));
    assert_eq!(response.text("errors/0/message_code"), "BXNIM0105E");
}

/// 3.1: pages by token, exact names, sort orders.
#[tokio::test]
async fn lists() {
    let lab = Lab::start().await;
    for number in 0..4 {
        lab.post(NEW, body(&format!("n{number}"))).await.expect(201);
    }
    let query = format!("account_id={}&pagesize=3&sort=name", seed::ACCOUNT_ID);
    let mut page = lab.get(&format!("{NEW}?{query}")).await.expect(200);
    assert_eq!(page.at("limit"), 3);
    assert_eq!(page.at("offset"), 0);
    let mut names = Vec::new();
    loop {
        for found in page.at("serviceids").as_array().unwrap() {
            names.push(found["name"].as_str().unwrap().to_owned());
        }
        if !page.has("next") {
            break;
        }
        let next = page.text("next").strip_prefix(&lab.url).unwrap().to_owned();
        page = lab.get(&next).await.expect(200);
    }
    assert_eq!(
        names.join(" "),
        "application bootstrap example iam-credentials-engine n0 n1 n2 n3 reader writer"
    );
    let page = lab.get(&format!("{NEW}?account_id={}&name=n2", seed::ACCOUNT_ID)).await;
    assert_eq!(page.at("serviceids").as_array().unwrap().len(), 1);
    for query in ["", "account_id=x", "pagesize=101&account_id=x", "pagetoken=x", "colour=red"] {
        let status = lab.get(&format!("{NEW}?{query}")).await.status;
        assert_eq!(status, if query == "account_id=x" { 403 } else { 400 }, "{query}");
    }
}

/// 3.1: refusals of create.
#[tokio::test]
async fn refusals_of_create() {
    let lab = Lab::start().await;
    for (body, status, code) in [
        (json!({ "name": "a" }), 400, "invalid_request"),
        (json!({ "account_id": seed::ACCOUNT_ID }), 400, "invalid_request"),
        (json!({ "account_id": "other", "name": "a" }), 403, "insufficient_permissions"),
        (json!({ "account_id": seed::ACCOUNT_ID, "name": 1 }), 400, "invalid_request"),
        (
            json!({ "account_id": seed::ACCOUNT_ID, "name": "a", "colour": "red" }),
            422,
            "unknown_field",
        ),
    ] {
        let response = lab.post(NEW, body.clone()).await;
        assert_eq!((response.error().0, response.error().1), (status, code), "{body}");
    }
}

/// 4.2: Operator on iam-identity is required: the engine has it, a writer does not.
#[tokio::test]
async fn roles() {
    let lab = Lab::start().await;
    for (key, status) in [(seed::ENGINE_API_KEY, 201), (seed::WRITER_API_KEY, 403)] {
        let token = lab.token_of(key).await;
        let request = lab.anonymous(Method::POST, NEW).bearer_auth(token).json(&body("app"));
        assert_eq!(send(request).await.status, status, "{key}");
    }
}
