//! The request of each method, as the service receives it (ibm-api.md 2.1).

use serde_json::json;

use super::scripted::{Scripted, Seen, Setup, response};
use crate::client::*;

const SECRET: &str = r#"{"id":"s-1","secret_type":"iam_credentials","name":"app","secret_group_id":"default","crn":"crn","created_by":"me","created_at":"2026-01-10T08:00:00Z","updated_at":"2026-01-10T08:00:00Z"}"#;
const VERSION: &str =
    r#"{"id":"v-1","secret_id":"s-1","created_by":"me","created_at":"2026-01-10T08:00:00Z"}"#;
const GROUP: &str =
    r#"{"id":"g-1","created_at":"2026-01-10T08:00:00Z","updated_at":"2026-01-10T08:00:00Z"}"#;
const CONFIGURATION: &str = r#"{"config_type":"iam_credentials_configuration","name":"engine","secret_type":"iam_credentials","created_by":"me","created_at":"2026-01-10T08:00:00Z","updated_at":"2026-01-10T08:00:00Z"}"#;

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Method, path, content type, body.
fn shape(seen: &Seen) -> (String, String, String) {
    (
        seen.line().replace("/instances/i-1/api/v2", ""),
        seen.header("content-type").to_owned(),
        seen.body.clone(),
    )
}

fn expected(line: &str, content_type: &str, body: &str) -> (String, String, String) {
    (line.to_owned(), content_type.to_owned(), body.to_owned())
}

#[tokio::test]
async fn secrets_and_versions() {
    let server = Scripted::start(vec![
        response(201, SECRET),
        response(200, SECRET),
        response(200, SECRET),
        response(200, SECRET),
        response(200, SECRET),
        response(200, VERSION),
        response(200, VERSION),
        response(204, ""),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let prototype = SecretPrototype::<IamCredentials> {
        name: "app".to_owned(),
        description: None,
        secret_group_id: None,
        labels: None,
        custom_metadata: None,
        version_custom_metadata: None,
        own: IamCredentialsPrototype {
            ttl: "1800".parse().unwrap(),
            reuse_api_key: true,
            owner: KeyOwner::ServiceId("ServiceId-6".to_owned()),
            account_id: None,
            rotation: None,
        },
    };
    let patch = SecretMetadataPatch::<IamCredentials> {
        name: Some("app-2".to_owned()),
        ..SecretMetadataPatch::default()
    };
    let version_patch = VersionMetadataPatch {
        version_custom_metadata: json!({"k": "v"}).as_object().unwrap().clone(),
    };
    let created = client.create_secret(&prototype).await.unwrap();
    assert_eq!(created.metadata.common.id, "s-1");
    let read = client.get_secret::<IamCredentials>("s-1").await.unwrap();
    assert_eq!(read.metadata.common.id, "s-1");
    let by_name = client.get_secret_by_name::<IamCredentials>("team a", "app").await.unwrap();
    assert_eq!(by_name.metadata.common.name.as_deref(), Some("app"));
    let metadata = client.get_secret_metadata::<IamCredentials>("s-1").await.unwrap();
    assert_eq!(metadata.common.id, "s-1");
    let updated = client.update_secret_metadata("s-1", &patch).await.unwrap();
    assert_eq!(updated.common.id, "s-1");
    let version = client.get_version_metadata::<IamCredentials>("s-1", "current").await.unwrap();
    assert_eq!(version.id, "v-1");
    let version = client
        .update_version_metadata::<IamCredentials>("s-1", "current", &version_patch)
        .await
        .unwrap();
    assert_eq!(version.id, "v-1");
    client.delete_secret("s-1").await.unwrap();
    let shapes: Vec<_> = server.seen().iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            expected(
                "POST /secrets",
                JSON,
                r#"{"name":"app","secret_type":"iam_credentials","ttl":"1800","reuse_api_key":true,"service_id":"ServiceId-6"}"#
            ),
            expected("GET /secrets/s-1", "", ""),
            expected(
                "GET /secret_groups/team%20a/secret_types/iam_credentials/secrets/app",
                "",
                ""
            ),
            expected("GET /secrets/s-1/metadata", "", ""),
            expected("PATCH /secrets/s-1/metadata", MERGE_PATCH, r#"{"name":"app-2"}"#),
            expected("GET /secrets/s-1/versions/current/metadata", "", ""),
            expected(
                "PATCH /secrets/s-1/versions/current/metadata",
                MERGE_PATCH,
                r#"{"version_custom_metadata":{"k":"v"}}"#
            ),
            expected("DELETE /secrets/s-1", "", ""),
        ]
    );
    for seen in server.seen() {
        assert_eq!(seen.header("accept"), JSON);
        assert_eq!(seen.header("user-agent"), "test/1");
        assert_eq!(seen.header("authorization"), "Bearer token-1");
    }
}

#[tokio::test]
async fn rotation_revocation_and_locks() {
    let server = Scripted::start(vec![
        response(201, VERSION),
        response(201, VERSION),
        response(204, ""),
        response(200, &format!(r#"{{"versions":[{VERSION}],"total_count":1}}"#)),
        response(200, r#"{"locks":[{"name":"lock","created_by":"me"}]}"#),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let new_key = VersionPrototype::<IamCredentials> {
        version_custom_metadata: json!({"k": "v"}).as_object().cloned(),
        own: NewKey {},
    };
    let new_text = VersionPrototype::<Arbitrary> {
        version_custom_metadata: None,
        own: ArbitraryVersionPrototype { payload: "text".into() },
    };
    assert_eq!(client.create_version("s-1", &new_key).await.unwrap().metadata.id, "v-1");
    assert_eq!(client.create_version("s-2", &new_text).await.unwrap().metadata.id, "v-1");
    client.delete_current_version_data("s-1").await.unwrap();
    let versions = client.list_versions::<IamCredentials>("s-1").await.unwrap();
    assert_eq!(versions.iter().map(|version| version.id.as_str()).collect::<Vec<_>>(), ["v-1"]);
    let locks = client.list_secret_locks("s-1").await.unwrap();
    assert_eq!(locks, [SecretLock { name: "lock".to_owned(), created_by: Some("me".to_owned()) }]);
    let shapes: Vec<_> = server.seen().iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            expected(
                "POST /secrets/s-1/versions",
                JSON,
                r#"{"version_custom_metadata":{"k":"v"}}"#
            ),
            expected("POST /secrets/s-2/versions", JSON, r#"{"payload":"text"}"#),
            expected("DELETE /secrets/s-1/versions/current/secret_data", "", ""),
            expected("GET /secrets/s-1/versions", "", ""),
            expected("GET /secrets/s-1/locks", "", ""),
        ]
    );
}

#[tokio::test]
async fn keys_and_service_ids_in_iam() {
    const ENTITY: &str =
        r#"{"id":"K-1","name":"n","iam_id":"iam-S-1","locked":true,"apikey":"s3cret"}"#;
    let server = Scripted::start(vec![
        response(200, ENTITY),
        response(404, ""),
        response(204, ""),
        response(204, ""),
        response(200, ENTITY),
        response(200, ENTITY),
        response(404, ""),
        response(403, ""),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let entity = IamEntity { name: "n".to_owned(), iam_id: "iam-S-1".to_owned(), locked: true };
    assert_eq!(client.find_api_key("K-1").await.unwrap(), Some(entity.clone()));
    assert_eq!(client.find_service_id("S-1").await.unwrap(), None);
    client.unlock_api_key("K-1").await.unwrap();
    client.delete_api_key("K-1").await.unwrap();
    assert_eq!(client.find_service_id("S-1").await.unwrap(), Some(entity));
    // Older revisions of the API respond to an unlock with the entity.
    client.unlock_service_id("S-1").await.unwrap();
    client.delete_service_id("S-1").await.unwrap();
    let refused = client.delete_service_id("S-1").await.unwrap_err();
    assert_eq!(refused.kind(), ApiErrorKind::Forbidden);
    let lines: Vec<_> = server.seen().iter().map(Seen::line).collect();
    assert_eq!(
        lines,
        [
            "GET /v1/apikeys/K-1",
            "GET /v1/serviceids/S-1",
            "DELETE /v1/apikeys/K-1/lock",
            "DELETE /v1/apikeys/K-1",
            "GET /v1/serviceids/S-1",
            "DELETE /v1/serviceids/S-1/lock",
            "DELETE /v1/serviceids/S-1",
            "DELETE /v1/serviceids/S-1",
        ]
    );
}

#[tokio::test]
async fn the_type_of_secret_is_part_of_the_request() {
    let page = page(&["app"], false);
    let arbitrary = SECRET.replace("iam_credentials", "arbitrary");
    let server = Scripted::start(vec![
        response(201, &arbitrary),
        response(200, &arbitrary),
        response(200, &page),
        response(200, &page),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let prototype = SecretPrototype::<Arbitrary> {
        name: "app".to_owned(),
        description: None,
        secret_group_id: None,
        labels: None,
        custom_metadata: None,
        version_custom_metadata: None,
        own: ArbitraryPrototype { payload: "text".into(), expiration_date: None },
    };
    client.create_secret(&prototype).await.unwrap();
    client.get_secret_by_name::<Arbitrary>("default", "app").await.unwrap();
    let found = client.find_secret_by_name::<Arbitrary>("app").await.unwrap();
    assert_eq!(found.unwrap().common.id, "id of app");
    let listed = client.list_secrets::<Arbitrary>(&SecretFilter::default(), 5).await.unwrap();
    assert_eq!(listed.len(), 1);
    let shapes: Vec<_> = server.seen().iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            expected(
                "POST /secrets",
                JSON,
                r#"{"name":"app","secret_type":"arbitrary","payload":"text"}"#
            ),
            expected("GET /secret_groups/default/secret_types/arbitrary/secrets/app", "", ""),
            expected(
                "GET /secrets?secret_types=arbitrary&sort=created_at&search=app&offset=0&limit=1000",
                "",
                ""
            ),
            expected(
                "GET /secrets?secret_types=arbitrary&sort=created_at&offset=0&limit=5",
                "",
                ""
            ),
        ]
    );
}

#[tokio::test]
async fn secret_groups() {
    let server = Scripted::start(vec![
        response(201, GROUP),
        response(200, &format!(r#"{{"secret_groups":[{GROUP}],"total_count":1}}"#)),
        response(200, GROUP),
        response(200, GROUP),
        response(204, ""),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let prototype =
        SecretGroupPrototype { name: "team".to_owned(), description: Some("d".to_owned()) };
    let patch =
        SecretGroupPatch { description: Some(String::new()), ..SecretGroupPatch::default() };
    let created = client.create_secret_group(&prototype).await.unwrap();
    assert_eq!(client.list_secret_groups().await.unwrap(), [created]);
    assert_eq!(client.get_secret_group("g-1").await.unwrap().id, "g-1");
    let updated = client.update_secret_group("g-1", &patch).await.unwrap();
    assert_eq!(updated.description, None);
    client.delete_secret_group("g-1").await.unwrap();
    let shapes: Vec<_> = server.seen().iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            expected("POST /secret_groups", JSON, r#"{"name":"team","description":"d"}"#),
            expected("GET /secret_groups", "", ""),
            expected("GET /secret_groups/g-1", "", ""),
            expected("PATCH /secret_groups/g-1", MERGE_PATCH, r#"{"description":""}"#),
            expected("DELETE /secret_groups/g-1", "", ""),
        ]
    );
}

#[tokio::test]
async fn configurations_are_requested_by_type() {
    let server = Scripted::start(vec![
        response(201, CONFIGURATION),
        response(200, CONFIGURATION),
        response(200, CONFIGURATION),
        response(204, ""),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let prototype =
        ConfigurationPrototype { name: "engine".to_owned(), api_key: "k".into(), disabled: false };
    let patch = ConfigurationPatch { disabled: Some(true), ..ConfigurationPatch::default() };
    client.create_configuration(&prototype).await.unwrap();
    let read = client.get_configuration("engine").await.unwrap();
    assert_eq!(read.metadata.name, "engine");
    let updated = client.update_configuration("engine", &patch).await.unwrap();
    assert_eq!(updated.metadata.disabled, None);
    client.delete_configuration("engine").await.unwrap();
    let seen = server.seen();
    let shapes: Vec<_> = seen.iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            expected(
                "POST /configurations",
                JSON,
                r#"{"config_type":"iam_credentials_configuration","name":"engine","api_key":"k","disabled":false}"#
            ),
            expected("GET /configurations/engine", "", ""),
            expected("PATCH /configurations/engine", MERGE_PATCH, r#"{"disabled":true}"#),
            expected("DELETE /configurations/engine", "", ""),
        ]
    );
    let config_type = "iam_credentials_configuration";
    let config_types: Vec<_> =
        seen.iter().map(|seen| seen.header("x-sm-accept-configuration-type")).collect();
    assert_eq!(config_types, ["", config_type, config_type, config_type]);
}

/// One page that holds secrets of these names, and says whether another follows.
fn page(names: &[&str], more: bool) -> String {
    let secrets: Vec<_> = names
        .iter()
        .map(|name| {
            let mut secret: serde_json::Value = serde_json::from_str(SECRET).unwrap();
            secret["name"] = json!(name);
            secret["id"] = json!(format!("id of {name}"));
            secret
        })
        .collect();
    let mut page = json!({"secrets": secrets, "total_count": 9, "limit": 1000, "offset": 0});
    if more {
        page["next"] = json!({"href": "https://example.test/?offset=2"});
    }
    page.to_string()
}

#[tokio::test]
async fn a_secret_is_found_by_its_whole_name_on_any_page() {
    let server = Scripted::start(vec![
        response(200, &page(&["my-app", "app-2"], true)),
        response(200, &page(&["app"], true)),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let found = client.find_secret_by_name::<IamCredentials>("app").await.unwrap().unwrap();
    assert_eq!(found.common.id, "id of app");
    let lines: Vec<_> = server.seen().iter().map(|seen| shape(seen).0).collect();
    assert_eq!(
        lines,
        [
            "GET /secrets?secret_types=iam_credentials&sort=created_at&search=app&offset=0&limit=1000",
            "GET /secrets?secret_types=iam_credentials&sort=created_at&search=app&offset=2&limit=1000",
        ]
    );
}

#[tokio::test]
async fn a_list_takes_as_many_pages_as_its_limit_needs() {
    let filter = SecretFilter {
        search: Some("a p".to_owned()),
        groups: vec!["default".to_owned(), "g-1".to_owned()],
        match_all_labels: vec!["dev".to_owned(), "eu".to_owned()],
    };
    let filters = "secret_types=iam_credentials&sort=created_at&search=a+p&groups=default%2Cg-1&match_all_labels=dev%2Ceu";
    let two_pages = [(&["a", "b"][..], true), (&["c", "d"][..], false)];
    for (limit, names, pages) in [
        (0, &[][..], &[][..]),
        (2, &["a", "b"][..], &["offset=0&limit=2"][..]),
        (3, &["a", "b", "c"][..], &["offset=0&limit=3", "offset=2&limit=3"][..]),
        (9, &["a", "b", "c", "d"][..], &["offset=0&limit=9", "offset=2&limit=9"][..]),
        (5000, &["a", "b", "c", "d"][..], &["offset=0&limit=1000", "offset=2&limit=1000"][..]),
    ] {
        let responses = two_pages.iter().map(|(names, more)| response(200, &page(names, *more)));
        let server = Scripted::start(responses.collect()).await;
        let client = Setup::at(&server.url).client();
        let found = client.list_secrets::<IamCredentials>(&filter, limit).await.unwrap();
        let found: Vec<_> =
            found.iter().map(|secret| secret.common.name.as_deref().unwrap()).collect();
        assert_eq!(found, names, "{limit}");
        let lines: Vec<_> = server.seen().iter().map(|seen| shape(seen).0).collect();
        let expected: Vec<_> =
            pages.iter().map(|page| format!("GET /secrets?{filters}&{page}")).collect();
        assert_eq!(lines, expected, "{limit}");
    }
}

#[tokio::test]
async fn configurations_of_other_engines_are_not_listed() {
    let other = CONFIGURATION.replace("iam_credentials_configuration", "private_cert_template");
    let page = format!(r#"{{"configurations":[{other},{CONFIGURATION}],"total_count":2}}"#);
    let server = Scripted::start(vec![response(200, &page), response(200, &page)]).await;
    let client = Setup::at(&server.url).client();
    for search in [None, Some("eng")] {
        let found = client.list_configurations(search, 7).await.unwrap();
        let names: Vec<_> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["engine"]);
    }
    let lines: Vec<_> = server.seen().iter().map(|seen| shape(seen).0).collect();
    let start = "GET /configurations?secret_types=iam_credentials&sort=name";
    assert_eq!(
        lines,
        [format!("{start}&offset=0&limit=1000"), format!("{start}&search=eng&offset=0&limit=1000"),]
    );
}

#[tokio::test]
async fn a_search_ends_with_the_last_page() {
    // A page without secrets ends it too, whatever its `next` says.
    for pages in [vec![page(&["my-app"], false)], vec![page(&["my-app"], true), page(&[], true)]] {
        let count = pages.len();
        let server = Scripted::start(pages.iter().map(|page| response(200, page)).collect()).await;
        let client = Setup::at(&server.url).client();
        assert_eq!(client.find_secret_by_name::<IamCredentials>("app").await.unwrap(), None);
        assert_eq!(server.seen().len(), count);
    }
}

#[tokio::test]
async fn a_long_name_is_searched_by_its_beginning() {
    let name = "n".repeat(256);
    let server = Scripted::start(vec![response(200, &page(&["nn", &name], false))]).await;
    let client = Setup::at(&server.url).client();
    let found = client.find_secret_by_name::<IamCredentials>(&name).await.unwrap().unwrap();
    assert_eq!(found.common.name, Some(name));
    let search = format!("search={}&", "n".repeat(128));
    assert!(server.seen()[0].target.contains(&search));
}
