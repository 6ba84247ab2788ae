//! API keys (3.2, 3.3).

use crate::lab::{Lab, send};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

const NEW: &str = "/v1/apikeys";

fn iam_id() -> String {
    format!("iam-{}", seed::STATIC_SERVICE_ID)
}

fn body() -> Value {
    json!({ "name": "k", "iam_id": iam_id() })
}

/// 3.2: create, read, update, delete. The value is returned once.
#[tokio::test]
async fn a_key_is_created_read_updated_and_deleted() {
    let lab = Lab::start().await;
    let made = lab.post(NEW, body()).await.expect(201);
    let (id, value) = (made.text("id"), made.text("apikey"));
    assert!(id.starts_with("ApiKey-"));
    assert_eq!(value.len(), 44);
    assert_eq!(made.text("account_id"), seed::ACCOUNT_ID);
    assert_eq!(made.text("created_by"), format!("iam-{}", seed::BOOTSTRAP_SERVICE_ID));
    assert_eq!(
        made.text("crn"),
        format!("crn:v1:bluemix:public:iam-identity::a/{}::apikey:{id}", seed::ACCOUNT_ID)
    );
    assert!(lab.accepts(value).await);
    let path = format!("{NEW}/{id}");
    let read = lab.get(&path).await.expect(200);
    assert_eq!(read.text("apikey"), "");
    assert_eq!(read.header("etag"), read.text("entity_tag"));
    let update = |tag: &str, body: Value| {
        lab.request(Method::PUT, &path).header("if-match", tag).json(&body)
    };
    let changed =
        send(update(read.text("entity_tag"), json!({ "name": "k2", "description": "d" })))
            .await
            .expect(200);
    assert_eq!(changed.text("name"), "k2");
    let response = send(update(read.text("entity_tag"), json!({ "name": "k3" }))).await;
    assert_eq!((response.error().0, response.error().1), (409, "conflict"));
    assert_eq!(send(update("*", json!({ "name": "" }))).await.error().0, 400);
    assert_eq!(send(update("*", json!({ "iam_id": "x" }))).await.error().0, 422);
    lab.delete(&path).await.expect(204);
    let response = lab.delete(&path).await;
    assert_eq!((response.error().0, response.error().1), (404, "not_found"));
    assert!(!lab.accepts(value).await);
}

/// 3.2: a value chosen by the caller must be unique and have at least 32 characters.
#[tokio::test]
async fn values_chosen_by_the_caller() {
    let lab = Lab::start().await;
    let own = "0123456789 0123456789 0123456789 äöü";
    let mut wanted = body();
    wanted["apikey"] = json!(own);
    wanted["store_value"] = json!(true);
    let made = lab.post(NEW, wanted.clone()).await.expect(201);
    assert_eq!(lab.get(&format!("{NEW}/{}", made.text("id"))).await.text("apikey"), own);
    assert!(lab.accepts(own).await);
    let response = lab.post(NEW, wanted.clone()).await;
    assert_eq!((response.error().0, response.error().1), (409, "conflict"));
    wanted["apikey"] = json!("0".repeat(31));
    assert_eq!(lab.post(NEW, wanted).await.error().0, 400);
}

/// 3.2: lock, unlock, disable, enable, and the headers that do so on creation.
#[tokio::test]
async fn lock_and_disable() {
    let lab = Lab::start().await;
    let request = lab
        .request(Method::POST, NEW)
        .header("entity-lock", "true")
        .header("entity-disable", "true")
        .json(&body());
    let made = send(request).await.expect(201);
    assert_eq!((made.at("locked"), made.at("disabled")), (&json!(true), &json!(true)));
    assert!(!lab.accepts(made.text("apikey")).await);
    let path = format!("{NEW}/{}", made.text("id"));
    let update =
        lab.request(Method::PUT, &path).header("if-match", "*").json(&json!({ "name": "x" }));
    for response in
        [send(update).await, lab.delete(&path).await, lab.delete(&format!("{path}/disable")).await]
    {
        assert_eq!((response.error().0, response.error().1), (409, "entity_locked"));
    }
    lab.delete(&format!("{path}/lock")).await.expect(204);
    lab.delete(&format!("{path}/disable")).await.expect(204);
    assert!(lab.accepts(made.text("apikey")).await);
    lab.post(&format!("{path}/lock"), json!({})).await.expect(204);
    assert_eq!(lab.get(&path).await.at("locked"), true);
    let request = lab.request(Method::POST, NEW).header("entity-lock", "perhaps").json(&body());
    assert_eq!(send(request).await.error().0, 400);
}

/// 3.2: expiry, in the formats that clients send.
#[tokio::test]
async fn expiry() {
    let lab = Lab::start().await;
    for given in ["2026-06-01T18:30+0000", "2026-06-01T18:30:00+0000", "2026-06-01T18:30:00Z"] {
        let mut wanted = body();
        wanted["expires_at"] = json!(given);
        let made = lab.post(NEW, wanted).await.expect(201);
        assert_eq!(made.text("expires_at"), "2026-06-01T18:30+0000", "{given}");
    }
    let mut wanted = body();
    wanted["expires_at"] = json!("tomorrow");
    assert_eq!(lab.post(NEW, wanted).await.error().0, 400);
}

/// 3.2: details by value.
#[tokio::test]
async fn details_by_value() {
    let lab = Lab::start().await;
    let path = "/v1/apikeys/details";
    let request = lab.request(Method::GET, path).header("IAM-ApiKey", seed::WRITER_API_KEY);
    let found = send(request).await.expect(200);
    assert_eq!(found.text("iam_id"), format!("iam-{}", seed::WRITER_SERVICE_ID));
    let request = lab.request(Method::GET, path).header("IAM-ApiKey", "unknown");
    assert_eq!(send(request).await.error().0, 404);
    assert_eq!(lab.get(path).await.error().0, 400);
}

/// 3.2: which keys are listed.
#[tokio::test]
async fn lists() {
    let lab = Lab::start().await;
    for _ in 0..2 {
        lab.post(NEW, body()).await.expect(201);
    }
    let account = seed::ACCOUNT_ID;
    let iam_id = iam_id();
    for (query, keys) in [
        (format!("account_id={account}"), 1),
        (format!("account_id={account}&iam_id={iam_id}"), 2),
        (format!("account_id={account}&scope=account"), 7),
        (format!("account_id={account}&scope=account&type=user"), 1),
    ] {
        let page = lab.get(&format!("{NEW}?{query}")).await.expect(200);
        let found = page.at("apikeys").as_array().unwrap();
        assert_eq!(found.len(), keys, "{query}");
        assert!(found.iter().all(|key| key["apikey"] == ""));
    }
    let page = lab.get(&format!("{NEW}?account_id={account}&scope=account&pagesize=4")).await;
    let next = page.text("next").strip_prefix(&lab.url).unwrap();
    let page = lab.get(next).await.expect(200);
    assert_eq!(page.at("apikeys").as_array().unwrap().len(), 3);
    assert!(page.has("previous") && !page.has("next"));
}

/// 3.2: clients of IBM's pass nothing but the token on. It stands for the query that it comes from, and
/// so do the links of its page.
#[tokio::test]
async fn a_page_token_stands_for_its_query() {
    let lab = Lab::start().await;
    let query = format!("account_id={}&scope=account&pagesize=2&sort=name", seed::ACCOUNT_ID);
    let first = lab.get(&format!("{NEW}?{query}")).await.expect(200);
    let mut found = Vec::new();
    let mut page = first.body.clone();
    loop {
        let keys = page["apikeys"].as_array().unwrap().iter();
        found.push(keys.map(|key| key["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
        let Some(next) = page["next"].as_str() else { break };
        let token = next.rsplit_once("pagetoken=").unwrap().1;
        page = lab.get(&format!("{NEW}?pagetoken={token}")).await.expect(200).body;
        let start = lab.get(page["first"].as_str().unwrap().strip_prefix(&lab.url).unwrap()).await;
        assert_eq!(start.expect(200).body, first.body);
        let before = page["previous"].as_str().unwrap().strip_prefix(&lab.url).unwrap();
        let before = lab.get(before).await.expect(200);
        assert_eq!(before.at("apikeys/0/name"), &found.last().unwrap()[0]);
    }
    let sizes: Vec<_> = found.iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 2, 1]);
    assert!(found.concat().is_sorted());
}

/// 3.2: refusals of create.
#[tokio::test]
async fn refusals_of_create() {
    let lab = Lab::start().await;
    let unknown = "iam-ServiceId-00000000-0000-4000-8000-000000000000";
    for (field, value, status) in [
        ("name", Value::Null, 400),
        ("iam_id", Value::Null, 400),
        ("iam_id", json!(unknown), 400),
        ("account_id", json!("other"), 403),
        ("store_value", json!("yes"), 400),
        ("action_when_leaked", json!("shout"), 400),
        ("support_sessions", json!(true), 400),
        ("colour", json!("red"), 422),
    ] {
        let mut wanted = body();
        wanted[field] = value.clone();
        assert_eq!(lab.post(NEW, wanted).await.error().0, status, "{field} {value}");
    }
}
