//! Access groups and their members (3.4).

use crate::lab::{Lab, send};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

fn new() -> String {
    format!("/v2/groups?account_id={}", seed::ACCOUNT_ID)
}

fn member(service_id: &str) -> Value {
    json!({ "iam_id": format!("iam-{service_id}"), "type": "service" })
}

/// 3.4: create, read, update, delete.
#[tokio::test]
async fn a_group_is_created_read_updated_and_deleted() {
    let lab = Lab::start().await;
    let made = lab.post(&new(), json!({ "name": "g", "description": "d" })).await.expect(201);
    let id = made.text("id");
    assert!(id.starts_with("AccessGroupId-"));
    let path = format!("/v2/groups/{id}");
    assert_eq!(made.text("href"), format!("{}{path}", lab.url));
    let read = lab.get(&path).await.expect(200);
    assert_eq!(read.body, made.body);
    let shown = lab.get(&format!("{path}?show_federated=true&show_crn=true")).await.expect(200);
    assert_eq!(shown.at("is_federated"), false);
    assert!(shown.text("crn").ends_with(id));
    let tag = read.header("etag").to_owned();
    let update = |tag: &str| {
        lab.request(Method::PATCH, &path).header("if-match", tag).json(&json!({ "name": "g2" }))
    };
    let changed = send(update(&tag)).await.expect(200);
    assert_eq!(changed.text("name"), "g2");
    assert_eq!(changed.text("description"), "d");
    assert_eq!(send(update(&tag)).await.error().0, 409);
    lab.delete(&path).await.expect(204);
    let response = lab.get(&path).await;
    assert_eq!((response.error().0, response.error().1), (404, "not_found"));
    assert_eq!(response.at("status_code"), 404);
}

/// 3.4: lists and searches.
#[tokio::test]
async fn lists() {
    let lab = Lab::start().await;
    let group = seed::ACCESS_GROUP_IDS[1];
    let body = json!({ "members": [member(seed::WRITER_SERVICE_ID)] });
    lab.put(&format!("/v2/groups/{group}/members"), body).await.expect(207);
    let of_writer = format!("&iam_id=iam-{}", seed::WRITER_SERVICE_ID);
    for (query, names) in [
        ("", "log-writers object-storage-readers"),
        ("&limit=0", ""),
        ("&limit=1", "log-writers"),
        ("&limit=1&offset=1", "object-storage-readers"),
        ("&search=name:STORAGE", "object-storage-readers"),
        (&of_writer, "log-writers"),
        (&format!("{of_writer}&membership_type=dynamic"), ""),
    ] {
        let page = lab.get(&format!("{}{query}", new())).await.expect(200);
        let groups = page.at("groups").as_array().unwrap();
        let found: Vec<_> = groups.iter().map(|group| group["name"].as_str().unwrap()).collect();
        assert_eq!(found.join(" "), names, "{query}");
    }
    let far = format!("{}&offset={}", new(), usize::MAX);
    for query in ["/v2/groups", "/v2/groups?account_id=x&colour=red", &far] {
        assert_eq!(lab.get(query).await.error().0, 400, "{query}");
    }
    assert_eq!(lab.get(&format!("{}&membership_type=static", new())).await.error().0, 400);
}

/// 3.4: refusals of create.
#[tokio::test]
async fn refusals_of_create() {
    let lab = Lab::start().await;
    for (body, status) in [
        (json!({}), 400),
        (json!({ "name": "n".repeat(101) }), 400),
        (json!({ "name": "n", "description": "d".repeat(251) }), 400),
        (json!({ "name": "LOG-WRITERS" }), 409),
        (json!({ "name": "n", "colour": "red" }), 422),
    ] {
        assert_eq!(lab.post(&new(), body.clone()).await.error().0, status, "{body}");
    }
    assert_eq!(
        lab.post("/v2/groups?account_id=other", json!({ "name": "n" })).await.error().0,
        403
    );
}

/// 3.4: members are added and removed, with a status per item.
#[tokio::test]
async fn members_one_by_one() {
    let lab = Lab::start().await;
    let path = format!("/v2/groups/{}/members", seed::ACCESS_GROUP_IDS[0]);
    let unknown = "ServiceId-00000000-0000-4000-8000-000000000000";
    let body = json!({ "members": [member(seed::WRITER_SERVICE_ID), member(unknown), member(seed::WRITER_SERVICE_ID)] });
    let added = lab.put(&path, body).await.expect(207);
    assert_eq!(added.at("members/0/status_code"), 200);
    assert_eq!(added.at("members/1/status_code"), 404);
    assert_eq!(added.text("members/1/errors/0/code"), "not_found");
    assert_eq!(added.at("members/2/status_code"), 409);
    let list = lab.get(&format!("{path}?verbose=true")).await.expect(200);
    assert_eq!(list.at("total_count"), 1);
    assert_eq!(list.text("members/0/name"), "writer");
    assert_eq!(list.text("members/0/membership_type"), "static");
    assert_eq!(lab.get(&format!("{path}?sort=name")).await.error().0, 400);
    let one = format!("{path}/iam-{}", seed::WRITER_SERVICE_ID);
    assert_eq!(send(lab.request(Method::HEAD, &one)).await.status, 204);
    let response = lab.delete(&format!("/v2/groups/{}", seed::ACCESS_GROUP_IDS[0])).await;
    assert_eq!((response.error().0, response.error().1), (409, "conflict"));
    lab.delete(&one).await.expect(204);
    assert_eq!(send(lab.request(Method::HEAD, &one)).await.status, 404);
    assert_eq!(lab.delete(&one).await.error().0, 404);
    lab.put(&path, json!({ "members": [member(seed::WRITER_SERVICE_ID)] })).await.expect(207);
    lab.delete(&format!("/v2/groups/{}?force=true", seed::ACCESS_GROUP_IDS[0])).await.expect(204);
    assert_eq!(lab.state().await["iam"]["memberships"], json!([]));
}

/// 3.4: a bulk removal returns 404 if there is nothing to remove.
#[tokio::test]
async fn members_in_bulk() {
    let lab = Lab::start().await;
    let iam_id = format!("iam-{}", seed::WRITER_SERVICE_ID);
    let everywhere =
        format!("/v2/groups/_allgroups/members/{iam_id}?account_id={}", seed::ACCOUNT_ID);
    let body = json!({ "type": "service", "groups": [seed::ACCESS_GROUP_IDS[0], "AccessGroupId-x1", seed::ACCESS_GROUP_IDS[1]] });
    let added = lab.put(&everywhere, body).await.expect(207);
    let codes: Vec<_> =
        (0..3).map(|at| added.at(&format!("groups/{at}/status_code")).as_u64().unwrap()).collect();
    assert_eq!(codes, [200, 404, 200]);
    let path = format!("/v2/groups/{}/members/delete", seed::ACCESS_GROUP_IDS[0]);
    let removal = json!({ "members": [iam_id, "iam-ServiceId-x"] });
    let removed = lab.post(&path, removal.clone()).await.expect(207);
    assert_eq!(removed.at("members/0/status_code"), 204);
    assert_eq!(removed.at("members/1/status_code"), 404);
    assert_eq!(lab.post(&path, removal).await.error().0, 404);
    let removed = lab.delete(&everywhere).await.expect(207);
    assert_eq!(removed.text("groups/0/access_group_id"), seed::ACCESS_GROUP_IDS[1]);
    assert_eq!(lab.delete(&everywhere).await.error().0, 404);
}

/// 3.4, 4.12: an identity can be in at most 50 groups.
#[tokio::test]
async fn an_identity_is_in_at_most_50_groups() {
    let lab = Lab::start().await;
    let mut groups = Vec::new();
    for number in 0..51 {
        let made = lab.post(&new(), json!({ "name": format!("g{number}") })).await.expect(201);
        groups.push(made.text("id").to_owned());
    }
    let path = format!(
        "/v2/groups/_allgroups/members/iam-{}?account_id={}",
        seed::WRITER_SERVICE_ID,
        seed::ACCOUNT_ID
    );
    assert_eq!(lab.put(&path, json!({ "type": "service", "groups": groups })).await.error().0, 400);
    lab.put(&path, json!({ "type": "service", "groups": groups[..50] })).await.expect(207);
    let body = json!({ "members": [member(seed::WRITER_SERVICE_ID)] });
    let added = lab.put(&format!("/v2/groups/{}/members", groups[50]), body).await.expect(207);
    assert_eq!(added.at("members/0/status_code"), 403);
    assert_eq!(added.text("members/0/errors/0/code"), "error_occurred");
}

/// 4.2: members have the roles of their groups as long as they are members.
#[tokio::test]
async fn a_member_has_the_roles_of_its_groups() {
    let lab = Lab::start().await;
    let group = seed::ACCESS_GROUP_IDS[0];
    lab.edit(|state| {
        let policies = state["iam"]["policies"].as_array_mut().unwrap();
        policies.push(json!({
            "id": "00000000-0000-4000-8000-0000000000ff",
            "subject": { "access_group_id": group },
            "roles": ["crn:v1:bluemix:public:iam::::serviceRole:Manager"],
            "resource": { "account_id": seed::ACCOUNT_ID, "service_name": "secrets-manager" },
            "created_at": "2026-01-01T00:00:00Z",
            "created_by_id": "x",
        }));
    })
    .await;
    let token = lab.token_of(seed::READER_API_KEY).await;
    let create = async |name: &str| {
        let request = lab
            .anonymous(Method::POST, "secret_groups")
            .bearer_auth(&token)
            .json(&json!({ "name": name }));
        send(request).await.status
    };
    assert_eq!(create("g1").await, 403);
    let members = format!("/v2/groups/{group}/members");
    lab.put(&members, json!({ "members": [member(seed::READER_SERVICE_ID)] })).await.expect(207);
    assert_eq!(create("g1").await, 201);
    lab.delete(&format!("{members}/iam-{}", seed::READER_SERVICE_ID)).await.expect(204);
    assert_eq!(create("g2").await, 403);
}
