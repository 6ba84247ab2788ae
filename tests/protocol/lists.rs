//! List resources, which `terraform query` calls, against an emulator
//! (plugin-protocol.md 2.6).

use ibm_sm_emulator::seed::{BOOTSTRAP_API_KEY, ENGINE_API_KEY, INSTANCE_ID, STATIC_SERVICE_ID};
use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::session::{Found, Session, in_instance};

const SECRET: &str = "ibm_sm_iam_credentials_secret";
const ARBITRARY: &str = "ibm_sm_arbitrary_secret";
const ENGINE: &str = "ibm_sm_iam_credentials_configuration";
const GROUP: &str = "ibm_sm_secret_group";

/// An instance with the engine, a group and four secrets that are a second apart:
/// `web` and `shop-db` in the group, `shop` in the default group, and an
/// arbitrary one.
struct Shop {
    emulator: Emulator,
    group_id: String,
}

impl Shop {
    async fn open() -> Self {
        let emulator = Emulator::start().await;
        let group = json!({"name": "team-a", "description": "Keys of the shop"});
        let group = emulator.create("secret_groups", group).await;
        let group_id = group["id"].as_str().unwrap().to_owned();
        let engine = json!({"config_type": "iam_credentials_configuration", "name": "engine",
                            "api_key": ENGINE_API_KEY});
        emulator.create("configurations", engine).await;
        for (name, group, labels, reuse) in [
            ("web", group_id.as_str(), json!(["prod"]), true),
            ("shop", "default", json!(["prod", "eu"]), true),
            ("shop-db", &group_id, json!(["eu"]), false),
        ] {
            let secret = json!({
                "secret_type": "iam_credentials", "name": name, "secret_group_id": group,
                "labels": labels, "ttl": "1h", "reuse_api_key": reuse,
                "service_id": STATIC_SERVICE_ID
            });
            emulator.create("secrets", secret).await;
            emulator.advance(1).await;
        }
        let other = json!({"secret_type": "arbitrary", "name": "shop-other", "payload": "x"});
        emulator.create("secrets", other).await;
        Shop { emulator, group_id }
    }

    /// The number of requests of this operation.
    async fn count(&self, operation: &str) -> usize {
        self.emulator.journal(operation).await.len()
    }
}

fn names(found: &[Found]) -> Vec<&str> {
    found.iter().map(|object| object.display_name.as_str()).collect()
}

#[tokio::test]
async fn secrets_are_found_with_their_identity_oldest_first() {
    let shop = Shop::open().await;
    let mut session = Session::with(&shop.emulator).await;
    let (found, diagnostics) = session.list(SECRET, in_instance(json!({})), 100, false).await;
    assert_eq!(diagnostics, []);
    assert_eq!(names(&found), ["web", "shop", "shop-db"]);
    for secret in &found {
        let id = secret.identity["secret_id"].as_str().unwrap();
        assert_eq!(id.len(), 36);
        let identity = json!({"region": "us-south", "instance_id": INSTANCE_ID, "secret_id": id});
        assert_eq!(secret.identity, identity);
        assert_eq!(secret.object, None);
    }
}

#[tokio::test]
async fn filters_and_the_limit_decide_which_secrets_are_found() {
    let shop = Shop::open().await;
    let mut session = Session::with(&shop.emulator).await;
    for (filters, limit, expected) in [
        (json!({"search": "shop"}), 100, &["shop", "shop-db"][..]),
        (json!({"search": "SHOP-D"}), 100, &["shop-db"]),
        (json!({"secret_group_ids": [shop.group_id]}), 100, &["web", "shop-db"]),
        (json!({"secret_group_ids": [shop.group_id, "default"]}), 100, &["web", "shop", "shop-db"]),
        (json!({"match_all_labels": ["prod"]}), 100, &["web", "shop"]),
        (json!({"match_all_labels": ["prod", "eu"]}), 100, &["shop"]),
        (json!({"search": "shop", "secret_group_ids": ["default"]}), 100, &["shop"]),
        (json!({"search": "nothing"}), 100, &[]),
        (json!({}), 2, &["web", "shop"]),
        (json!({}), 0, &[]),
    ] {
        let (found, diagnostics) =
            session.list(SECRET, in_instance(filters.clone()), limit, false).await;
        assert_eq!(diagnostics, [], "{filters}");
        assert_eq!(names(&found), expected, "{filters} {limit}");
    }
}

#[tokio::test]
async fn a_full_secret_agrees_with_its_metadata_and_its_value_is_never_read() {
    let shop = Shop::open().await;
    let mut session = Session::with(&shop.emulator).await;
    let config = in_instance(json!({"endpoint_type": "public"}));
    let (found, diagnostics) = session.list(SECRET, config.clone(), 100, true).await;
    assert_eq!(diagnostics, []);
    assert_eq!(found.len(), 3);
    for secret in found {
        let object = secret.object.unwrap();
        let lookup = in_instance(
            json!({"endpoint_type": "public", "secret_id": secret.identity["secret_id"]}),
        );
        let source = "ibm_sm_iam_credentials_secret_metadata";
        let (metadata, diagnostics) = session.read(source, lookup).await;
        assert_eq!(diagnostics, []);
        assert_eq!(metadata["name"], json!(secret.display_name));
        for (name, value) in metadata.as_object().unwrap() {
            assert_eq!(object[name], *value, "{name}");
        }
        assert_eq!(object["api_key"], Value::Null);
    }
    assert_eq!(shop.count("get_secret_metadata").await, 3);
    assert_eq!(shop.count("get_secret").await, 0);
}

#[tokio::test]
async fn arbitrary_secrets_are_found_and_their_payloads_are_never_read() {
    let shop = Shop::open().await;
    let mut session = Session::with(&shop.emulator).await;
    for (filters, expected) in [
        (json!({}), &["shop-other"][..]),
        (json!({"search": "shop"}), &["shop-other"]),
        (json!({"secret_group_ids": [shop.group_id]}), &[]),
    ] {
        let (found, said) = session.list(ARBITRARY, in_instance(filters), 100, false).await;
        assert_eq!(said, []);
        assert_eq!(names(&found), expected);
    }
    let (found, _) = session.list(ARBITRARY, in_instance(json!({})), 100, true).await;
    let id = &found[0].identity["secret_id"];
    let identity = json!({"region": "us-south", "instance_id": INSTANCE_ID, "secret_id": id});
    assert_eq!(found[0].identity, identity);
    let object = found[0].object.as_ref().unwrap();
    let lookup = in_instance(json!({"secret_id": id}));
    let (metadata, said) = session.read("ibm_sm_arbitrary_secret_metadata", lookup).await;
    assert_eq!(said, []);
    assert_eq!(metadata["name"], json!("shop-other"));
    for (name, value) in metadata.as_object().unwrap() {
        assert_eq!(object[name], *value, "{name}");
    }
    assert_eq!(object["payload"], Value::Null);
    assert_eq!(shop.count("get_secret").await, 0);
}

#[tokio::test]
async fn groups_are_searched_by_id_name_and_description() {
    let shop = Shop::open().await;
    let mut session = Session::with(&shop.emulator).await;
    for (filters, limit, expected) in [
        (json!({}), 100, &["default", "examples", "team-a"][..]),
        (json!({}), 1, &["default"]),
        (json!({"search": "the SHOP"}), 100, &["team-a"]),
        (json!({"search": "shop"}), 0, &[]),
    ] {
        let (found, diagnostics) =
            session.list(GROUP, in_instance(filters.clone()), limit, true).await;
        assert_eq!(diagnostics, []);
        assert_eq!(names(&found), expected, "{filters} {limit}");
    }
    let filters = in_instance(json!({"search": shop.group_id}));
    let (found, _) = session.list(GROUP, filters, 100, true).await;
    let [team] = &found[..] else { panic!("one group: {found:?}") };
    let identity = json!({"region": "us-south", "instance_id": INSTANCE_ID,
                          "secret_group_id": shop.group_id});
    assert_eq!(team.identity, identity);
    let object = team.object.as_ref().unwrap();
    assert_eq!(object["id"], json!(format!("us-south/{INSTANCE_ID}/{}", shop.group_id)));
    assert_eq!(object["description"], json!("Keys of the shop"));
}

#[tokio::test]
async fn the_engine_is_found_without_its_key() {
    let shop = Shop::open().await;
    let mut session = Session::with(&shop.emulator).await;
    for (filters, expected) in [
        (json!({}), &["engine"][..]),
        (json!({"search": "engi"}), &["engine"]),
        (json!({"search": "none"}), &[]),
    ] {
        let (found, diagnostics) = session.list(ENGINE, in_instance(filters), 100, false).await;
        assert_eq!(diagnostics, []);
        assert_eq!(names(&found), expected);
    }
    let (found, _) = session.list(ENGINE, in_instance(json!({})), 100, true).await;
    let identity = json!({"region": "us-south", "instance_id": INSTANCE_ID, "name": "engine"});
    assert_eq!(found[0].identity, identity);
    let object = found[0].object.as_ref().unwrap();
    assert_eq!(object["config_type"], json!("iam_credentials_configuration"));
    assert_eq!(object["disabled"], json!(false));
    assert_eq!(object["api_key"], Value::Null);
    assert_eq!(shop.count("get_configuration").await, 0);
}

#[tokio::test]
async fn a_filter_that_the_service_would_refuse_is_an_error_with_the_rule() {
    let emulator = Emulator::start().await;
    let mut session = Session::with(&emulator).await;
    let many: Vec<String> = (0..31).map(|number| format!("label {number}")).collect();
    for (resource, filters, path, rule) in [
        (SECRET, json!({"search": "a"}), "search", "2 to 128 characters"),
        (ARBITRARY, json!({"search": "a"}), "search", "2 to 128 characters"),
        (GROUP, json!({"search": "a"}), "search", "2 to 128 characters"),
        (ENGINE, json!({"search": "a"}), "search", "2 to 128 characters"),
        (SECRET, json!({"secret_group_ids": []}), "secret_group_ids", "1 to 201 elements"),
        (SECRET, json!({"secret_group_ids": ["a,b"]}), "secret_group_ids[0]", "be an id"),
        (SECRET, json!({"match_all_labels": many}), "match_all_labels", "1 to 30 elements"),
        (SECRET, json!({"match_all_labels": ["ok", "a,b"]}), "match_all_labels[1]", "no comma"),
        (SECRET, json!({"match_all_labels": [null]}), "match_all_labels[0]", "must not be null"),
        (GROUP, json!({"region": "us/south"}), "region", "be a region"),
        (GROUP, json!({"endpoint_type": "vpe"}), "endpoint_type", "\"public\", \"private\""),
    ] {
        let (found, diagnostics) =
            session.list(resource, in_instance(filters.clone()), 9, false).await;
        assert_eq!(found, []);
        let [diagnostic] = &diagnostics[..] else {
            panic!("one error for {filters}: {diagnostics:?}")
        };
        assert_eq!((diagnostic.severity, diagnostic.path.as_str()), ("error", path), "{filters}");
        assert!(diagnostic.detail.contains(rule), "{filters}: {}", diagnostic.detail);
    }
}

#[tokio::test]
async fn an_instance_that_does_not_exist_is_an_error_and_not_an_empty_list() {
    let emulator = Emulator::start().await;
    let mut session = Session::with(&emulator).await;
    let nowhere = json!({"instance_id": "00000000-0000-4000-8000-000000000000"});
    for (resource, objects) in [
        (SECRET, "the IAM credentials secrets"),
        (ARBITRARY, "the arbitrary secrets"),
        (ENGINE, "the IAM credentials configurations"),
        (GROUP, "the secret groups"),
    ] {
        let (found, diagnostics) = session.list(resource, nowhere.clone(), 9, true).await;
        assert_eq!(found, []);
        let [diagnostic] = &diagnostics[..] else { panic!("one error: {diagnostics:?}") };
        assert_eq!((diagnostic.severity, diagnostic.path.as_str()), ("error", "instance_id"));
        assert_eq!(diagnostic.summary, format!("Cannot read {objects}"));
    }
}

#[tokio::test]
async fn no_displayed_name_repeats_a_secret_that_the_process_knows() {
    let emulator = Emulator::start().await;
    emulator.create("secret_groups", json!({ "name": BOOTSTRAP_API_KEY })).await;
    let mut session = Session::with(&emulator).await;
    let (found, diagnostics) = session.list(GROUP, in_instance(json!({})), 100, false).await;
    assert_eq!(diagnostics, []);
    assert!(names(&found).contains(&"(redacted)"), "{:?}", names(&found));
}
