//! Objects that come from elsewhere: moved states, identities in responses, and
//! values that an older Terraform would store (plugin-protocol.md 4.7 to 4.10).

use ibm_sm_emulator::seed::{ENGINE_API_KEY, INSTANCE_ID};
use ibm_sm_provider::plugin::proto::tfplugin6 as proto;
use serde_json::{Value, json};

use crate::support::core::{Core, encode, identity, identity_of};
use crate::support::emulator::Emulator;
use crate::support::session::{Said, Session, in_instance, json_of, said};

const GROUP: &str = "ibm_sm_secret_group";
const ENGINE: &str = "ibm_sm_iam_credentials_configuration";
const SECRET: &str = "ibm_sm_iam_credentials_secret";
const OFFICIAL: &str = "registry.example/ibm-cloud/ibm";
const GROUP_ID: &str = "01234567-89ab-4cde-8f01-23456789abcd";

/// The group as the official provider stores it.
fn group() -> Value {
    json!({"id": format!("us-south/{INSTANCE_ID}/{GROUP_ID}"), "instance_id": INSTANCE_ID,
           "region": "us-south", "endpoint_type": "", "name": "team-a", "description": "",
           "secret_group_id": GROUP_ID, "created_at": "2026-01-10T08:00:00Z",
           "created_by": "iam-1", "updated_at": "2026-01-10T08:00:00Z", "new_attribute": 1})
}

fn a_move(
    provider: &str,
    source: &str,
    version: i64,
    json: &str,
) -> proto::move_resource_state::Request {
    proto::move_resource_state::Request {
        source_provider_address: provider.to_owned(),
        source_type_name: source.to_owned(),
        source_schema_version: version,
        source_state: Some(proto::RawState { json: json.into(), ..Default::default() }),
        source_private: b"{\"schema_version\":\"0\"}".to_vec(),
        target_type_name: GROUP.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_state_of_the_official_provider_is_moved_without_a_configured_process() {
    let mut session = Session::start().await;
    let request = a_move(OFFICIAL, GROUP, 0, &group().to_string());
    let response = session.provider.move_resource_state(request).await.unwrap().into_inner();
    assert_eq!(said(response.diagnostics), []);
    let state = json_of(response.target_state.as_ref());
    assert_eq!(state["name"], json!("team-a"));
    assert_eq!(state["endpoint_type"], Value::Null, "the placeholder for null is gone");
    assert_eq!(state["description"], json!(""), "an empty text means the same as none");
    assert_eq!(
        identity_of(response.target_identity),
        json!({"region": "us-south", "instance_id": INSTANCE_ID, "secret_group_id": GROUP_ID})
    );
    assert!(!response.target_private.is_empty());
}

#[tokio::test]
async fn a_state_that_cannot_be_moved_is_an_error_and_never_an_empty_state() {
    let mut session = Session::start().await;
    let whole = group().to_string();
    for (request, part) in [
        (a_move("registry.example/hashicorp/random", GROUP, 0, &whole), "hashicorp/random"),
        (a_move("registry.example/evil/ibm-cloud/ibm-sm", GROUP, 0, &whole), "evil/ibm-cloud"),
        (a_move(OFFICIAL, SECRET, 0, &whole), "of type ibm_sm_iam_credentials_secret"),
        (a_move(OFFICIAL, GROUP, 1, &whole), "schema version 1"),
        (a_move(OFFICIAL, GROUP, 0, "null"), "empty"),
        (a_move(OFFICIAL, GROUP, 0, "{\"name\": "), ""),
        (a_move(OFFICIAL, GROUP, 0, "{\"name\": [1]}"), "name"),
    ] {
        let response = session.provider.move_resource_state(request).await.unwrap().into_inner();
        let [diagnostic] = &said(response.diagnostics)[..] else {
            panic!("one error about {part}")
        };
        assert_eq!(diagnostic.severity, "error");
        let text = format!("{} {} {}", diagnostic.path, diagnostic.summary, diagnostic.detail);
        assert!(text.contains(part), "{part}: {text}");
        assert_eq!(response.target_state, None);
    }
}

#[tokio::test]
async fn a_stored_identity_is_upgraded_without_other_changes() {
    let mut session = Session::start().await;
    let stored = json!({"region": "us-south", "instance_id": INSTANCE_ID, "name": "engine"});
    for (json, expected) in [
        (stored.to_string(), stored.clone()),
        (
            json!({"instance_id": INSTANCE_ID, "name": "engine"}).to_string(),
            json!({"region": null, "instance_id": INSTANCE_ID, "name": "engine"}),
        ),
    ] {
        let request = proto::upgrade_resource_identity::Request {
            type_name: ENGINE.to_owned(),
            version: 0,
            raw_identity: Some(proto::RawState { json: json.into_bytes(), ..Default::default() }),
        };
        let response = session.provider.upgrade_resource_identity(request).await.unwrap();
        let response = response.into_inner();
        assert_eq!(said(response.diagnostics), []);
        assert_eq!(identity_of(response.upgraded_identity), expected);
    }
}

#[tokio::test]
async fn an_import_returns_the_identity_and_a_read_completes_it() {
    let emulator = Emulator::start().await;
    let created = emulator.create("secret_groups", json!({"name": "team-a"})).await;
    let group_id = &created["id"];
    let mut session = Session::with(&emulator).await;
    let given = json!({"region": null, "instance_id": INSTANCE_ID, "secret_group_id": group_id});
    let whole =
        json!({"region": "us-south", "instance_id": INSTANCE_ID, "secret_group_id": group_id});
    let id = format!("us-south/{INSTANCE_ID}/{}", group_id.as_str().unwrap());
    for (request, expected) in [
        (
            proto::import_resource_state::Request {
                type_name: GROUP.to_owned(),
                identity: Some(identity(&given)),
                ..Default::default()
            },
            &given,
        ),
        (
            proto::import_resource_state::Request {
                type_name: GROUP.to_owned(),
                id,
                ..Default::default()
            },
            &whole,
        ),
    ] {
        let response = session.provider.import_resource_state(request).await.unwrap().into_inner();
        assert_eq!(said(response.diagnostics), []);
        let [imported] = &response.imported_resources[..] else { panic!("one object") };
        assert_eq!(identity_of(imported.identity.clone()), *expected);
        assert!(!imported.private.is_empty());
        let request = proto::read_resource::Request {
            type_name: GROUP.to_owned(),
            current_state: imported.state.clone(),
            private: imported.private.clone(),
            current_identity: imported.identity.clone(),
            ..Default::default()
        };
        let response = session.provider.read_resource(request).await.unwrap().into_inner();
        assert_eq!(identity_of(response.new_identity), whole);
    }
}

#[tokio::test]
async fn an_apply_returns_the_identity_of_what_it_created() {
    let emulator = Emulator::start().await;
    let mut core = Core::of(Session::with(&emulator).await, ENGINE).await;
    let config = in_instance(json!({"name": "engine", "api_key": ENGINE_API_KEY}));
    let (_, stored) = core.apply(None, &config, &config).await;
    assert_eq!(
        stored.identity,
        json!({"region": "us-south", "instance_id": INSTANCE_ID, "name": "engine"})
    );
}

#[tokio::test]
async fn a_write_only_value_is_an_error_if_terraform_would_store_it() {
    let mut session = Session::start().await;
    let write_only =
        json!({"name": "engine", "api_key_wo": "hush-hush", "api_key_wo_version": "1"});
    let plain = json!({"name": "engine", "api_key": "hush-hush"});
    for (config, allowed, refused) in [
        (&write_only, Some(true), false),
        (&write_only, Some(false), true),
        (&write_only, None, true),
        (&plain, None, false),
    ] {
        let request = proto::validate_resource_config::Request {
            type_name: ENGINE.to_owned(),
            config: Some(encode(&in_instance(config.clone()))),
            client_capabilities: allowed.map(|write_only_attributes_allowed| {
                proto::ClientCapabilities { write_only_attributes_allowed, ..Default::default() }
            }),
        };
        let response = session.provider.validate_resource_config(request).await.unwrap();
        let found: Vec<Said> = said(response.into_inner().diagnostics);
        assert_eq!(!found.is_empty(), refused, "{allowed:?}: {found:?}");
        for diagnostic in found {
            assert_eq!(diagnostic.path, "api_key_wo");
            assert!(
                diagnostic.detail.contains("Terraform 1.11") && !diagnostic.detail.contains("hush")
            );
        }
    }
}
