//! What a refresh of many objects costs, and that it finds what a refresh of each would find.

use futures::future::join_all;
use ibm_sm_emulator::seed::{INSTANCE_ID, STATIC_SERVICE_ID};
use ibm_sm_provider::plugin::proto::tfplugin6::{self as proto, provider_client::ProviderClient};
use serde_json::{Value, json};
use tonic::transport::Channel;

use super::with_engine;
use crate::support::emulator::Emulator;
use crate::support::session::{Session, json_of, said, value};

const SECRET: &str = "ibm_sm_iam_credentials_secret";

async fn read(provider: &ProviderClient<Channel>, state: &Value) -> Value {
    let request = proto::read_resource::Request {
        type_name: SECRET.to_owned(),
        current_state: Some(value(state)),
        ..Default::default()
    };
    let answer = provider.clone().read_resource(request).await.unwrap().into_inner();
    assert_eq!(said(answer.diagnostics), []);
    json_of(answer.new_state.as_ref())
}

/// Secrets that exist, as a state has them after a refresh of each.
async fn known(emulator: &Emulator, store: bool, secrets: &[Value]) -> Vec<Value> {
    let arguments = json!({"bulk_read": false, "store_api_key": store});
    let session = Session::with_arguments(emulator, arguments).await;
    let mut states = Vec::new();
    for (index, more) in secrets.iter().enumerate() {
        let mut body = json!({"secret_type": "iam_credentials", "name": format!("s-{index}"),
                              "ttl": "90d", "reuse_api_key": true, "service_id": STATIC_SERVICE_ID});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = emulator.create("secrets", body).await;
        let state = json!({"instance_id": INSTANCE_ID, "region": "us-south", "secret_id": made["id"],
                           "id": format!("us-south/{INSTANCE_ID}/{}", made["id"].as_str().unwrap())});
        states.push(read(&session.provider, &state).await);
    }
    states
}

/// How often each of these has been called.
async fn calls<const N: usize>(emulator: &Emulator, operations: [&str; N]) -> [usize; N] {
    let journal = emulator.whole_journal().await;
    operations.map(|name| journal.iter().filter(|entry| entry["operation"] == name).count())
}

const READS: [&str; 3] = ["get_secret_metadata", "list_secrets", "get_secret"];

#[tokio::test]
async fn a_hundred_refreshes_at_once_are_two_requests() {
    let emulator = with_engine().await;
    let before = known(&emulator, true, &vec![json!({"labels": ["dev"]}); 100]).await;
    let [alone, _, values] = calls(&emulator, READS).await;
    let session = Session::with(&emulator).await;
    let after = join_all(before.iter().map(|state| read(&session.provider, state))).await;
    assert_eq!(after, before);
    assert_eq!(calls(&emulator, READS).await, [alone + 1, 1, values]);
}

#[tokio::test]
async fn each_refresh_is_a_request_where_lists_are_off_or_refused() {
    for (more, status, lists) in [(json!({"bulk_read": false}), 403, 0), (json!({}), 403, 1)] {
        let emulator = with_engine().await;
        let before = known(&emulator, true, &vec![json!({}); 12]).await;
        let [alone, _, values] = calls(&emulator, READS).await;
        emulator.fault(json!({"operation": "list_secrets", "status": status})).await;
        let session = Session::with_arguments(&emulator, more).await;
        let after = join_all(before.iter().map(|state| read(&session.provider, state))).await;
        assert_eq!(after, before);
        assert_eq!(calls(&emulator, READS).await, [alone + 12, lists, values]);
    }
}

#[tokio::test]
async fn what_the_state_has_and_a_list_leaves_out_is_read() {
    let emulator = with_engine().await;
    let texts = ["", "one", "two"];
    let secrets = texts.map(|text| match text {
        "" => json!({}),
        text => json!({ "description": text }),
    });
    // Without keys, so that the first one has nothing that a brief list leaves out.
    let before = known(&emulator, false, &secrets).await;
    emulator.edit(|state| state["switches"]["list_entries"] = json!("brief")).await;
    let [alone, _, values] = calls(&emulator, READS).await;
    let session = Session::with_arguments(&emulator, json!({"store_api_key": false})).await;
    let mut after = Vec::new();
    for state in &before {
        after.push(read(&session.provider, state).await);
    }
    assert_eq!(after, before, "the descriptions are not lost");
    assert_eq!(calls(&emulator, READS).await, [alone + 3, 1, values]);
}

#[tokio::test]
async fn keys_of_one_service_id_are_looked_up_in_one_list() {
    let emulator = with_engine().await;
    let before = known(&emulator, true, &vec![json!({}); 20]).await;
    let before: Vec<Value> = before
        .into_iter()
        .map(|mut state| {
            state["early_renewal"] = json!("7d");
            state
        })
        .collect();
    let session = Session::with(&emulator).await;
    let after = join_all(before.iter().map(|state| read(&session.provider, state))).await;
    assert!(after.iter().all(|state| state["ready_for_renewal"] == json!(false)));
    let keys = ["get_api_key", "list_api_keys"];
    assert_eq!(calls(&emulator, keys).await, [1, 1]);
    let gone = after[7]["api_key_id"].clone();
    let others = |keys: &mut Value| keys.as_array_mut().unwrap().retain(|key| key["id"] != gone);
    emulator.edit(|state| others(&mut state["iam"]["api_keys"])).await;
    let session = Session::with(&emulator).await;
    let after = join_all(after.iter().map(|state| read(&session.provider, state))).await;
    let ready: Vec<usize> =
        (0..20).filter(|&i| after[i]["ready_for_renewal"] == json!(true)).collect();
    assert_eq!(ready, [7]);
}
