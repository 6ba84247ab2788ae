//! What an import reads, and the configuration that is generated for it.

use ibm_sm_emulator::seed::{
    ACCESS_GROUP_IDS, BOOTSTRAP_API_KEY, ENGINE_API_KEY, INSTANCE_ID, STATIC_SERVICE_ID,
};
use ibm_sm_provider::plugin::proto::tfplugin6 as proto;
use serde_json::{Map, Value, json};

use super::with_engine;
use crate::support::core::{UNKNOWN, encode};
use crate::support::emulator::Emulator;
use crate::support::session::{Session, json_of, said, value};

const SECRET: &str = "ibm_sm_iam_credentials_secret";

/// The routes that return a key.
const VALUES: [&str; 3] = ["get_secret", "get_secret_by_name", "get_secret_version"];

/// Creates a secret for access groups, and returns its id.
async fn secret(emulator: &Emulator, name: &str) -> String {
    let body = json!({"secret_type": "iam_credentials", "name": name, "ttl": "90d",
                      "reuse_api_key": true, "access_groups": ACCESS_GROUP_IDS});
    let secret = emulator.create("secrets", body).await;
    secret["id"].as_str().unwrap().to_owned()
}

/// Imports by id and refreshes, as `terraform import` and an import block do.
async fn import_by_id(session: &mut Session, resource: &str, object: &str) -> Value {
    let request = proto::import_resource_state::Request {
        type_name: resource.to_owned(),
        id: format!("us-south/{INSTANCE_ID}/{object}"),
        ..Default::default()
    };
    let answer = session.provider.import_resource_state(request).await.unwrap().into_inner();
    assert_eq!(said(answer.diagnostics), []);
    let request = proto::read_resource::Request {
        type_name: resource.to_owned(),
        current_state: answer.imported_resources[0].state.clone(),
        private: answer.imported_resources[0].private.clone(),
        ..Default::default()
    };
    let answer = session.provider.read_resource(request).await.unwrap().into_inner();
    assert_eq!(said(answer.diagnostics), []);
    json_of(answer.new_state.as_ref())
}

#[tokio::test]
async fn no_import_reads_a_key_if_the_provider_block_says_so_or_does_not_know_yet() {
    for (store, stored) in
        [(json!(false), false), (json!(UNKNOWN), false), (json!(true), true), (Value::Null, true)]
    {
        let emulator = with_engine().await;
        let (first, second) = (secret(&emulator, "one").await, secret(&emulator, "two").await);
        let mut session = Session::with(&emulator).await;
        let url = emulator.url();
        let block = json!({
            "ibmcloud_api_key": BOOTSTRAP_API_KEY,
            "iam_endpoint": url,
            "secrets_manager_endpoint": format!("{url}/instances/{{instance_id}}"),
            "store_api_key": store,
        });
        let config = Some(encode(&block));
        let request = proto::configure_provider::Request { config, ..Default::default() };
        let answer = session.provider.configure_provider(request).await.unwrap().into_inner();
        assert_eq!(said(answer.diagnostics), []);
        let identity = json!({"region": null, "instance_id": INSTANCE_ID, "secret_id": second});
        let (by_identity, diagnostics) = session.import(SECRET, identity).await;
        assert_eq!(diagnostics, [], "{store}");
        for state in [by_identity, import_by_id(&mut session, SECRET, &first).await] {
            assert_eq!(state["api_key"].is_string(), stored, "{store}");
            assert_eq!(state["store_api_key"], Value::Null);
            assert!(state["key_version"].is_number(), "{state}");
        }
        let mut reads = 0;
        for operation in VALUES {
            reads += emulator.journal(operation).await.len();
        }
        assert_eq!(reads, if stored { 2 } else { 0 }, "{store}");
    }
}

/// The configuration that the provider generates for a state, without what is null in it.
async fn generated(session: &mut Session, resource: &str, state: &Value) -> Map<String, Value> {
    let request = proto::generate_resource_config::Request {
        type_name: resource.to_owned(),
        state: Some(value(state)),
    };
    let answer = session.provider.generate_resource_config(request).await.unwrap().into_inner();
    assert_eq!(said(answer.diagnostics), []);
    let config = json_of(answer.config.as_ref());
    assert_eq!(config.as_object().unwrap().len(), state.as_object().unwrap().len());
    config.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect()
}

#[tokio::test]
async fn a_generated_configuration_has_what_the_user_may_set_and_not_the_service_id_of_the_engine()
{
    let emulator = with_engine().await;
    let made = secret(&emulator, "made").await;
    let own = json!({"secret_type": "iam_credentials", "name": "own", "ttl": "1h",
                     "reuse_api_key": true, "service_id": STATIC_SERVICE_ID});
    let own = emulator.create("secrets", own).await;
    let text =
        json!({"secret_type": "arbitrary", "name": "text", "payload": "x", "labels": ["dev"]});
    let text = emulator.create("secrets", text).await;
    let group = emulator.create("secret_groups", json!({"name": "team-a"})).await;
    let mut session = Session::with(&emulator).await;
    let anywhere = json!({"instance_id": INSTANCE_ID, "region": "us-south"});
    let off = json!([{"auto_rotate": false, "interval": null, "unit": null}]);
    for (resource, object, expected) in [
        (
            SECRET,
            json!(made),
            json!({"name": "made", "ttl": "7776000", "access_groups": ACCESS_GROUP_IDS,
                   "reuse_api_key": true, "rotation": off, "labels": [], "custom_metadata": {},
                   "secret_group_id": "default"}),
        ),
        (
            SECRET,
            own["id"].clone(),
            json!({"name": "own", "ttl": "3600", "service_id": STATIC_SERVICE_ID,
                   "reuse_api_key": true, "rotation": off, "labels": [], "custom_metadata": {},
                   "secret_group_id": "default"}),
        ),
        (
            "ibm_sm_arbitrary_secret",
            text["id"].clone(),
            json!({"name": "text", "payload": "x", "labels": ["dev"], "custom_metadata": {},
                   "secret_group_id": "default"}),
        ),
        ("ibm_sm_secret_group", group["id"].clone(), json!({"name": "team-a"})),
        (
            "ibm_sm_iam_credentials_configuration",
            json!("engine"),
            json!({"name": "engine", "api_key": ENGINE_API_KEY, "disabled": false}),
        ),
    ] {
        let state = import_by_id(&mut session, resource, object.as_str().unwrap()).await;
        let mut expected = expected.as_object().unwrap().clone();
        expected.extend(anywhere.as_object().unwrap().clone());
        assert_eq!(generated(&mut session, resource, &state).await, expected, "{resource}");
    }
}
