//! Groups of service IDs, and filters of IAM's lists (3.1, 3.2).

use crate::lab::{Lab, send};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

const GROUPS: &str = "/v1/serviceid_groups";

fn body(name: &str) -> Value {
    json!({ "account_id": seed::ACCOUNT_ID, "name": name })
}

/// The names in a list.
async fn names(lab: &Lab, path: &str, query: &[(&str, &str)]) -> Vec<String> {
    let kind = path.rsplit('/').next().unwrap().to_owned();
    let request = lab.request(Method::GET, path).query(&[("account_id", seed::ACCOUNT_ID)]);
    let list = send(request.query(&[("sort", "name")]).query(query)).await.expect(200);
    let items = list.at(&kind).as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

/// 3.1: create, read, update, list, delete.
#[tokio::test]
async fn a_group_is_created_read_updated_and_deleted() {
    let lab = Lab::start().await;
    let made = lab.post(GROUPS, body("g1")).await.expect(201);
    let path = format!("{GROUPS}/{}", made.text("id"));
    let read = lab.get(&path).await.expect(200);
    assert_eq!(read.body, made.body);
    assert!(read.text("crn").ends_with(made.text("id")));
    let tag = read.header("etag").to_owned();
    let update = |tag: &str| {
        let body = json!({ "name": "g2", "description": "d" });
        lab.request(Method::PUT, &path).header("If-Match", tag).json(&body)
    };
    let changed = send(update(&tag)).await.expect(200);
    assert_eq!((changed.text("name"), changed.text("description")), ("g2", "d"));
    assert_eq!(send(update(&tag)).await.error().0, 409);
    let list = lab.get(&format!("{GROUPS}?account_id={}", seed::ACCOUNT_ID)).await.expect(200);
    assert_eq!(list.text("serviceid_groups/0/name"), "g2");
    assert_eq!(lab.post(GROUPS, body("g2")).await.error().0, 409);
    assert_eq!(lab.post(GROUPS, json!({ "name": "g3" })).await.error().0, 400);
    lab.delete(&path).await.expect(204);
    assert_eq!(lab.get(&path).await.error().1, "not_found");
}

/// 3.1, 3.2: without a group, lists show the default one; keys are in the group of their service ID.
#[tokio::test]
async fn lists_by_group() {
    let lab = Lab::start().await;
    let group = lab.post(GROUPS, body("g1")).await.expect(201);
    let id = group.text("id");
    let mut grouped = body("grouped");
    grouped["group_id"] = json!("unknown");
    assert_eq!(lab.post("/v1/serviceids", grouped.clone()).await.error().0, 404);
    grouped["group_id"] = json!(id);
    grouped["apikey"] = json!({ "name": "key-of-grouped" });
    let made = lab.post("/v1/serviceids?show_group_id=true", grouped).await.expect(201);
    assert_eq!(made.text("group_id"), id);
    let path = format!("/v1/serviceids/{}", made.text("id"));
    assert!(!lab.get(&path).await.expect(200).has("group_id"));
    assert_eq!(lab.get(&format!("{path}?show_group_id=true")).await.text("group_id"), id);

    assert_eq!(names(&lab, "/v1/serviceids", &[("group_id", id)]).await, ["grouped"]);
    let others = names(&lab, "/v1/serviceids", &[]).await;
    assert!(others.contains(&"bootstrap".to_owned()) && !others.contains(&"grouped".to_owned()));
    let keys = [("scope", "account"), ("type", "serviceid")];
    let in_group = [("scope", "account"), ("type", "serviceid"), ("group_id", id)];
    assert_eq!(names(&lab, "/v1/apikeys", &in_group).await, ["key-of-grouped"]);
    let others = names(&lab, "/v1/apikeys", &keys).await;
    assert_eq!(others, ["bootstrap", "iam-credentials-engine", "reader", "writer"]);

    let refused = lab.delete(&format!("{GROUPS}/{id}")).await;
    assert_eq!((refused.error().0, refused.error().1), (409, "delete_not_possible"));
    lab.delete(&path).await.expect(204);
    lab.delete(&format!("{GROUPS}/{id}")).await.expect(204);
}

/// 3.1, 3.2: filters in the language of SCIM.
#[tokio::test]
async fn filters() {
    let lab = Lab::start().await;
    for (filter, expected) in [
        (r#"name co "read""#, &["reader"][..]),
        (r#"name co "READ" or name eq "writer""#, &["reader", "writer"]),
        (
            r#"name co "iter" or (name co "er" and not (name sw "w" or name ew "n"))"#,
            &["reader", "writer"],
        ),
        (r#"locked eq true"#, &[]),
        (r#"created_at gt "2026-01-01T00:00:00Z""#, &[]),
    ] {
        assert_eq!(
            names(&lab, "/v1/serviceids", &[("filter", filter)]).await,
            expected,
            "{filter}"
        );
        let keys = [("filter", filter), ("scope", "account")];
        assert_eq!(names(&lab, "/v1/apikeys", &keys).await, expected, "{filter}");
    }
    for (filter, expected) in [(r#"name sw "work""#, &["workload"][..]), (r#"name ew "x""#, &[])] {
        let request = lab.request(Method::GET, "/v1/profiles");
        let account = [("account_id", seed::ACCOUNT_ID), ("filter", filter)];
        let list = send(request.query(&account)).await.expect(200);
        let found = list.at("profiles").as_array().unwrap();
        let found: Vec<_> = found.iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{filter}");
    }
    let account = [("account_id", seed::ACCOUNT_ID)];
    for path in ["/v1/serviceids", "/v1/apikeys", "/v1/profiles"] {
        for filter in ["name", r#"colour eq "red""#, r#"name like "x""#] {
            let request = lab.request(Method::GET, path).query(&account);
            let refused = send(request.query(&[("filter", filter)])).await;
            assert_eq!(refused.error().0, 400, "{path} {filter}");
            assert!(refused.error().2.contains("'filter'"), "{}", refused.body);
        }
    }
    // Links to other pages keep the filter.
    let request = lab.request(Method::GET, "/v1/serviceids").query(&account);
    let request = request.query(&[("filter", r#"name co "er""#), ("pagesize", "1")]);
    let mut page = send(request).await.expect(200);
    let mut found = 1;
    while page.has("next") {
        let next = page.text("next").strip_prefix(&lab.url).unwrap().to_owned();
        page = lab.get(&next).await.expect(200);
        found += 1;
    }
    assert_eq!(found, 2, "reader and writer");
}
