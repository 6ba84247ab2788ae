//! The lives of the official provider's types for service IDs, their keys and access groups, as
//! the requests that it sends, in its order (provider 2.5.0): create, read again without a
//! difference, update, import, delete.

use crate::lab::{Lab, Response, send};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

/// `ibm_iam_service_id`.
#[tokio::test]
async fn service_id() {
    let lab = Lab::start().await;
    let body = json!({ "account_id": seed::ACCOUNT_ID, "name": "app", "description": "d" });
    let made = lab.post("/v1/serviceids/", body).await.expect(201);
    let path = format!("/v1/serviceids/{}", made.text("id"));
    let read = lab.get(&path).await.expect(200);
    assert_eq!(lab.get(&path).await.body, read.body, "no difference");
    for (field, value) in [("name", "app"), ("description", "d"), ("account_id", seed::ACCOUNT_ID)]
    {
        assert_eq!(read.text(field), value);
    }
    assert_eq!(*read.at("locked"), false);
    for field in ["iam_id", "crn", "entity_tag", "created_at", "modified_at"] {
        assert!(!read.text(field).is_empty(), "{field}");
    }
    let update = json!({ "name": "app-2", "description": "e" });
    let request = lab.request(Method::PUT, &path).header("If-Match", "*").json(&update);
    send(request).await.expect(200);
    let read = lab.get(&path).await.expect(200);
    assert_eq!((read.text("name"), read.text("description")), ("app-2", "e"));
    lab.delete(&path).await.expect(204);
    assert_eq!(lab.get(&path).await.status, 404);
}

/// `ibm_iam_service_api_key`, with every argument; the end of its life comes back as it was given.
#[tokio::test]
async fn service_api_key() {
    let lab = Lab::start().await;
    let body = json!({
        "name": "key", "iam_id": format!("iam-{}", seed::STATIC_SERVICE_ID), "description": "d",
        "account_id": seed::ACCOUNT_ID, "store_value": true, "expires_at": "2040-01-28T15:00+0000",
    });
    let made = lab.post("/v1/apikeys", body).await.expect(201);
    let path = format!("/v1/apikeys/{}", made.text("id"));
    let read = lab.get(&path).await.expect(200);
    assert_eq!(lab.get(&path).await.body, read.body, "no difference");
    for field in ["apikey", "crn", "entity_tag", "created_at", "created_by", "modified_at"] {
        assert_eq!(read.at(field), made.at(field), "{field}");
    }
    assert_eq!(read.text("expires_at"), "2040-01-28T15:00+0000");
    assert_eq!(read.text("iam_id"), format!("iam-{}", seed::STATIC_SERVICE_ID));
    assert_eq!(*read.at("locked"), false);
    let tag = read.text("entity_tag").to_owned();
    let update =
        json!({ "name": "key-2", "description": "", "expires_at": "2035-01-28T15:00+0000" });
    let update = |tag: &str| lab.request(Method::PUT, &path).header("If-Match", tag).json(&update);
    send(update(&tag)).await.expect(200);
    assert_eq!(send(update(&tag)).await.error().0, 409, "a stale tag");
    let read = lab.get(&path).await.expect(200);
    assert_eq!(read.text("name"), "key-2");
    assert_eq!(read.text("expires_at"), "2035-01-28T15:00+0000");
    assert!(!read.has("description"));
    assert!(lab.accepts(read.text("apikey")).await);
    lab.get(&path).await.expect(200);
    lab.delete(&path).await.expect(204);
    assert_eq!(lab.get(&path).await.status, 404);
    assert!(!lab.accepts(made.text("apikey")).await);
}

/// `ibm_iam_service_api_key` that is created locked: nothing changes it.
#[tokio::test]
async fn locked_service_api_key() {
    let lab = Lab::start().await;
    let body = json!({
        "name": "key", "iam_id": format!("iam-{}", seed::STATIC_SERVICE_ID),
        "account_id": seed::ACCOUNT_ID, "store_value": false,
    });
    let request = lab.request(Method::POST, "/v1/apikeys").header("Entity-Lock", "true");
    let made = send(request.json(&body)).await.expect(201);
    assert_eq!(*made.at("locked"), true);
    let path = format!("/v1/apikeys/{}", made.text("id"));
    let read = lab.get(&path).await.expect(200);
    assert_eq!(read.text("apikey"), "", "the provider keeps the value in its state");
    assert_eq!(lab.delete(&path).await.error().1, "entity_locked");
}

/// `ibm_iam_access_group`.
#[tokio::test]
async fn access_group() {
    let lab = Lab::start().await;
    let made = lab
        .post(
            &format!("/v2/groups?account_id={}", seed::ACCOUNT_ID),
            json!({ "name": "g", "description": "d" }),
        )
        .await
        .expect(201);
    let path = format!("/v2/groups/{}", made.text("id"));
    let shown = format!("{path}?show_crn=true");
    let read = lab.get(&shown).await.expect(200);
    assert_eq!(lab.get(&shown).await.body, read.body, "no difference");
    assert!(read.text("crn").ends_with(made.text("id")));
    // The data source of the same name asks, and its provider crashes at a 404.
    let rules = format!("{path}/rules");
    assert_eq!(lab.get(&rules).await.expect(200).body, json!({ "rules": [] }));
    let version = read.header("etag").to_owned();
    let body = json!({ "name": "g2", "description": "" });
    let request = lab.request(Method::PATCH, &path).header("If-Match", &version).json(&body);
    send(request).await.expect(200);
    let read = lab.get(&shown).await.expect(200);
    assert_eq!((read.text("name"), read.text("description")), ("g2", ""));
    assert_ne!(read.header("etag"), version);
    lab.delete(&format!("{path}?force=true")).await.expect(204);
    assert_eq!(lab.get(&shown).await.status, 404);
    assert_eq!(lab.get(&rules).await.error().1, "not_found");
}

/// What the provider asks to resolve members: users, service IDs and profiles of the account.
async fn directory(lab: &Lab) -> (Response, Response, Response) {
    let account = format!("account_id={}&pagesize=100", seed::ACCOUNT_ID);
    let users = lab.get(&format!("/v2/accounts/{}/users", seed::ACCOUNT_ID)).await.expect(200);
    let service_ids = lab.get(&format!("/v1/serviceids/?{account}")).await.expect(200);
    let profiles = lab.get(&format!("/v1/profiles?{account}")).await.expect(200);
    assert!(!users.has("next_url") && !service_ids.has("next") && !profiles.has("next"));
    (users, service_ids, profiles)
}

/// The value of `shown` of the object with that IAM id.
fn resolve(list: &Value, iam_id: &Value, shown: &str) -> Value {
    let found = list.as_array().unwrap().iter().find(|it| it["iam_id"] == *iam_id);
    found.unwrap_or_else(|| panic!("{iam_id} is not in {list}"))[shown].clone()
}

/// The members as the provider's state has them.
async fn members(lab: &Lab, group: &str) -> Vec<Value> {
    let path = format!("/v2/groups/{group}/members?limit=100");
    let list = lab.get(&path).await.expect(200);
    let members = list.at("members").as_array().unwrap();
    assert_eq!(*list.at("total_count"), members.len());
    let (users, service_ids, profiles) = directory(lab).await;
    members
        .iter()
        .map(|member| match member["type"].as_str().unwrap() {
            "user" => resolve(users.at("resources"), &member["iam_id"], "email"),
            "profile" => resolve(profiles.at("profiles"), &member["iam_id"], "id"),
            "service" => resolve(service_ids.at("serviceids"), &member["iam_id"], "id"),
            other => panic!("{other}"),
        })
        .collect()
}

/// `ibm_iam_access_group_members` with a user, a service ID and a trusted profile.
#[tokio::test]
async fn access_group_members() {
    let lab = Lab::start().await;
    let group = seed::ACCESS_GROUP_IDS[0];
    let (users, ..) = directory(&lab).await;
    let user = &users.at("resources")[0];
    assert_eq!(user["email"], "ada@example.com");
    let service_id =
        lab.get(&format!("/v1/serviceids/{}", seed::STATIC_SERVICE_ID)).await.expect(200);
    let profile = lab.get(&format!("/v1/profiles/{}", seed::PROFILE_ID)).await.expect(200);
    assert_eq!(profile.text("name"), seed::PROFILE_NAME);
    let path = format!("/v2/groups/{group}/members");
    let body = json!({ "members": [
        { "iam_id": user["iam_id"], "type": "user" },
        { "iam_id": service_id.at("iam_id"), "type": "service" },
        { "iam_id": profile.at("iam_id"), "type": "profile" },
    ] });
    let added = lab.put(&path, body).await.expect(207);
    for member in added.at("members").as_array().unwrap() {
        assert_eq!(member["status_code"], 200, "{member}");
    }
    let expected = ["ada@example.com", seed::PROFILE_ID, seed::STATIC_SERVICE_ID];
    assert_eq!(members(&lab, group).await, expected);
    assert_eq!(members(&lab, group).await, expected, "no difference");

    // Update: one is added, two are removed.
    let added = lab.get(&format!("/v1/serviceids/{}", seed::PAGE_SERVICE_ID)).await.expect(200);
    let body = json!({ "members": [{ "iam_id": added.at("iam_id"), "type": "service" }] });
    lab.put(&path, body).await.expect(207);
    for iam_id in [user["iam_id"].as_str().unwrap(), service_id.text("iam_id")] {
        lab.delete(&format!("{path}/{iam_id}")).await.expect(204);
    }
    assert_eq!(members(&lab, group).await, [seed::PROFILE_ID, seed::PAGE_SERVICE_ID]);

    for iam_id in [profile.text("iam_id"), added.text("iam_id")] {
        lab.delete(&format!("{path}/{iam_id}")).await.expect(204);
    }
    assert_eq!(members(&lab, group).await, [] as [&str; 0]);
}

/// Other accounts are not shown, and what does not exist is not found.
#[tokio::test]
async fn refusals() {
    let lab = Lab::start().await;
    for (path, status) in [
        (format!("/v2/accounts/{}/users", seed::OTHER_ACCOUNT_ID), 403),
        (format!("/v1/profiles?account_id={}", seed::OTHER_ACCOUNT_ID), 403),
        ("/v1/profiles".to_owned(), 400),
        ("/v1/profiles/Profile-x".to_owned(), 404),
        (format!("/v2/roles?account_id={}", seed::OTHER_ACCOUNT_ID), 403),
        (format!("/v1/serviceids/{}", seed::OTHER_STATIC_SERVICE_ID), 404),
    ] {
        assert_eq!(lab.get(&path).await.error().0, status, "{path}");
    }
}
