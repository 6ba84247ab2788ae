//! Identities, by which newer versions of Terraform import and which lists return
//! (plugin-protocol.md 4.8, 4.10).

use std::collections::BTreeMap;

use ibm_sm_emulator::seed::{ENGINE_API_KEY, INSTANCE_ID, STATIC_SERVICE_ID};
use ibm_sm_provider::plugin::proto::tfplugin6::get_resource_identity_schemas;
use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::session::Session;

const SECRET: &str = "ibm_sm_iam_credentials_secret";
const ARBITRARY: &str = "ibm_sm_arbitrary_secret";
const ENGINE: &str = "ibm_sm_iam_credentials_configuration";
const GROUP: &str = "ibm_sm_secret_group";

#[tokio::test]
async fn an_identity_is_an_instance_and_an_object_in_it() {
    let mut session = Session::start().await;
    let request = get_resource_identity_schemas::Request {};
    let response = session.provider.get_resource_identity_schemas(request).await.unwrap();
    let schemas: BTreeMap<_, _> = response
        .into_inner()
        .identity_schemas
        .into_iter()
        .map(|(name, schema)| {
            assert_eq!(schema.version, 0);
            let attributes: Vec<_> = schema
                .identity_attributes
                .into_iter()
                .map(|attribute| {
                    assert_eq!(attribute.r#type, b"\"string\"");
                    assert_ne!(attribute.required_for_import, attribute.optional_for_import);
                    (attribute.name, attribute.required_for_import)
                })
                .collect();
            (name, attributes)
        })
        .collect();
    let identity = |object: &str| {
        [("region", false), ("instance_id", true), (object, true)]
            .map(|(name, required)| (name.to_owned(), required))
            .to_vec()
    };
    let expected = [
        (ENGINE, "name"),
        (SECRET, "secret_id"),
        (ARBITRARY, "secret_id"),
        (GROUP, "secret_group_id"),
    ];
    let expected = expected.map(|(name, object)| (name.to_owned(), identity(object)));
    assert_eq!(schemas, BTreeMap::from(expected));
}

#[tokio::test]
async fn an_object_is_imported_by_its_identity_with_or_without_the_region() {
    let emulator = Emulator::start().await;
    let group = emulator.create("secret_groups", json!({"name": "team-a"})).await;
    let engine = json!({"config_type": "iam_credentials_configuration", "name": "engine",
                        "api_key": ENGINE_API_KEY});
    emulator.create("configurations", engine).await;
    let secret = json!({"secret_type": "iam_credentials", "name": "app", "ttl": "1h",
                        "reuse_api_key": true, "service_id": STATIC_SERVICE_ID});
    let secret = emulator.create("secrets", secret).await;
    let text = json!({"secret_type": "arbitrary", "name": "text", "payload": "x"});
    let text = emulator.create("secrets", text).await;
    let mut session = Session::with(&emulator).await;
    for (resource, attribute, object, name) in [
        (GROUP, "secret_group_id", &group["id"], "team-a"),
        (ENGINE, "name", &json!("engine"), "engine"),
        (SECRET, "secret_id", &secret["id"], "app"),
        (ARBITRARY, "secret_id", &text["id"], "text"),
    ] {
        for region in [json!("us-south"), Value::Null] {
            let identity = json!({"region": region, "instance_id": INSTANCE_ID, attribute: object});
            let (state, diagnostics) = session.import(resource, identity).await;
            assert_eq!(diagnostics, []);
            assert_eq!(state["name"], json!(name));
            let id = format!("us-south/{INSTANCE_ID}/{}", object.as_str().unwrap());
            assert_eq!(state["id"], json!(id));
        }
    }
}

#[tokio::test]
async fn an_incomplete_identity_is_an_error_on_the_missing_attribute() {
    let emulator = Emulator::start().await;
    let mut session = Session::with(&emulator).await;
    for (resource, identity, missing) in [
        (SECRET, json!({"instance_id": INSTANCE_ID}), "secret_id"),
        (SECRET, json!({"instance_id": INSTANCE_ID, "secret_id": ""}), "secret_id"),
        (ARBITRARY, json!({"instance_id": INSTANCE_ID}), "secret_id"),
        (ENGINE, json!({"name": "engine"}), "instance_id"),
        (GROUP, json!({"region": "us-south", "instance_id": INSTANCE_ID}), "secret_group_id"),
    ] {
        let (_, diagnostics) = session.import(resource, identity).await;
        let [diagnostic] = &diagnostics[..] else { panic!("one error: {diagnostics:?}") };
        assert_eq!(
            (diagnostic.path.as_str(), diagnostic.summary.as_str()),
            (missing, "Incomplete identity")
        );
        assert!(
            diagnostic.detail.contains(&format!("{missing} is missing")),
            "{}",
            diagnostic.detail
        );
    }
}
