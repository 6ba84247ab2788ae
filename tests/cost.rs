//! What a plan of a thousand secrets costs, counted instead of timed: requests, and allocations.
//!
//! A program of its own, because its allocator counts. It counts each thread apart: the provider
//! runs in the thread of the test, and the emulator in others.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test, a panic is how a failure is reported"
)]

use std::ops::RangeInclusive;

use futures::stream::{self, StreamExt as _};
use ibm_sm_emulator::seed::{
    BOOTSTRAP_API_KEY, ENGINE_API_KEY, INSTANCE_ID, REGION, STATIC_SERVICE_ID,
};
use ibm_sm_provider::plugin::proto::tfplugin6::provider_server::Provider as Service;
use ibm_sm_provider::plugin::proto::tfplugin6::{self as proto, DynamicValue};
use ibm_sm_provider::{plugin, provider::IbmSm};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tonic::Request;

#[allow(dead_code, reason = "this program needs only a part of it")]
mod support;

use support::core::capabilities;
use support::emulator::Emulator;
use support::values::{decode, encode};

const SECRETS: usize = 1000;

/// As many calls as Terraform makes at once, unless told otherwise.
const PARALLEL: usize = 10;

const SECRET: &str = "ibm_sm_iam_credentials_secret";
const GROUP: &str = "ibm_sm_secret_group";
const ENGINE: &str = "ibm_sm_iam_credentials_configuration";

/// What reading and planning one secret may allocate. A change that needs more, or less, says so
/// here; a thousandth more of it is one more allocation for each secret.
const ALLOCATIONS: RangeInclusive<u64> = 870..=890;
const BYTES: RangeInclusive<u64> = 258_000..=266_000;

/// An object as Terraform stores it.
struct Stored {
    type_name: &'static str,
    state: DynamicValue,
    private: Vec<u8>,
}

/// A provider in this process, and what it finds in the emulator.
struct World {
    emulator: Emulator,
    /// The emulator's threads.
    elsewhere: Runtime,
    here: Runtime,
    stored: Vec<Stored>,
}

impl World {
    /// The engine, a group, and secrets in it.
    fn new() -> Self {
        let elsewhere = Runtime::new().unwrap();
        let here = Builder::new_current_thread().enable_all().build().unwrap();
        let (emulator, ids) = elsewhere.block_on(async {
            let emulator = Emulator::start().await;
            let ids = fill(&emulator).await;
            (emulator, ids)
        });
        let mut world = World { emulator, elsewhere, here, stored: Vec::new() };
        let imported = ids.iter().map(|(type_name, state)| Stored {
            type_name,
            state: encode(state),
            private: Vec::new(),
        });
        let imported: Vec<_> = imported.collect();
        let service = world.service();
        world.stored = world.here.block_on(read(&service, &imported));
        world
    }

    /// A service that has read nothing yet.
    fn service(&self) -> impl Service {
        let service = plugin::service(IbmSm::new(Box::new(|_| None)), "ibm-sm/ibm");
        let url = self.emulator.url();
        let config = json!({
            "ibmcloud_api_key": BOOTSTRAP_API_KEY, "region": REGION, "iam_endpoint": url,
            "secrets_manager_endpoint": format!("{url}/instances/{{instance_id}}"),
        });
        let config = Some(encode(&config));
        let request = proto::configure_provider::Request { config, ..Default::default() };
        let answer = self.here.block_on(service.configure_provider(Request::new(request)));
        assert_eq!(answer.unwrap().into_inner().diagnostics, []);
        service
    }

    /// The operations of all requests so far.
    fn requests(&self) -> Vec<String> {
        let journal = self.elsewhere.block_on(self.emulator.whole_journal());
        let operation = |entry: Value| entry["operation"].as_str().unwrap().to_owned();
        journal.into_iter().map(operation).collect()
    }
}

/// Creates everything, and returns the types with states as an import has them.
async fn fill(emulator: &Emulator) -> Vec<(&'static str, Value)> {
    let engine = json!({"config_type": "iam_credentials_configuration", "name": "engine",
                        "api_key": ENGINE_API_KEY});
    emulator.create("configurations", engine).await;
    let group = emulator.create("secret_groups", json!({"name": "many"})).await;
    let imported = |last: &str, name: &str| {
        json!({"instance_id": INSTANCE_ID, "region": REGION, name: last,
               "id": format!("{REGION}/{INSTANCE_ID}/{last}")})
    };
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let group_id = text(&group);
    let mut engine = imported("engine", "name");
    engine["api_key"] = json!(ENGINE_API_KEY);
    let mut found = vec![(ENGINE, engine), (GROUP, imported(&group_id, "secret_group_id"))];
    for index in 0..SECRETS {
        let secret = json!({"secret_type": "iam_credentials", "name": format!("secret-{index:04}"),
            "secret_group_id": group_id, "ttl": "90d", "reuse_api_key": true,
            "service_id": STATIC_SERVICE_ID});
        let secret = emulator.create("secrets", secret).await;
        found.push((SECRET, imported(&text(&secret), "secret_id")));
    }
    found
}

/// Refreshes, as a plan does.
async fn read(service: &impl Service, stored: &[Stored]) -> Vec<Stored> {
    let read = |stored: &Stored| {
        let request = proto::read_resource::Request {
            type_name: stored.type_name.to_owned(),
            current_state: Some(stored.state.clone()),
            private: stored.private.clone(),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let type_name = stored.type_name;
        async move {
            let answer = service.read_resource(Request::new(request)).await.unwrap().into_inner();
            assert_eq!(answer.diagnostics, []);
            Stored { type_name, state: answer.new_state.unwrap(), private: answer.private }
        }
    };
    stream::iter(stored).map(read).buffered(PARALLEL).collect().await
}

/// Plans without a change.
async fn plan(service: &impl Service, stored: &[(&Stored, DynamicValue)]) {
    let plan = |(stored, config): &(&Stored, DynamicValue)| {
        let request = proto::plan_resource_change::Request {
            type_name: stored.type_name.to_owned(),
            prior_state: Some(stored.state.clone()),
            proposed_new_state: Some(stored.state.clone()),
            config: Some(config.clone()),
            prior_private: stored.private.clone(),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let state = stored.state.clone();
        async move {
            let answer = service.plan_resource_change(Request::new(request)).await.unwrap();
            let answer = answer.into_inner();
            assert_eq!(answer.diagnostics, []);
            assert!(answer.planned_state == Some(state), "the plan is empty");
        }
    };
    stream::iter(stored).map(plan).buffered(PARALLEL).collect::<()>().await;
}

/// The configuration that a secret was created with.
fn configuration(state: &DynamicValue) -> DynamicValue {
    let mut config = decode(Some(state));
    for (name, value) in config.as_object_mut().unwrap() {
        let given = ["instance_id", "name", "secret_group_id", "service_id", "ttl"];
        if !given.contains(&name.as_str()) {
            *value = Value::Null;
        }
    }
    encode(&config)
}

#[test]
fn a_refresh_of_a_thousand_secrets_with_group_and_engine_is_five_requests_and_reads_no_key() {
    let world = World::new();
    let before = world.requests().len();
    let after = world.here.block_on(read(&world.service(), &world.stored));
    let is_same = |(a, b): (&Stored, &Stored)| a.state == b.state && a.private == b.private;
    assert!(after.iter().zip(&world.stored).all(is_same), "nothing has changed");
    let mut requests = world.requests().split_off(before);
    requests.sort();
    let one_each = [
        "create_token",
        "get_configuration",
        "get_secret_group",
        "get_secret_metadata",
        "list_secrets",
    ];
    assert_eq!(requests, one_each);
}

#[test]
fn a_refresh_and_a_plan_allocate_as_much_as_they_did() {
    let world = World::new();
    let service = world.service();
    let secrets = world.stored.iter().filter(|stored| stored.type_name == SECRET);
    let planned: Vec<_> = secrets.map(|stored| (stored, configuration(&stored.state))).collect();
    let used = allocation_counter::measure(|| {
        world.here.block_on(async {
            read(&service, &world.stored).await;
            plan(&service, &planned).await;
        });
    });
    let each = |total: u64| total / u64::try_from(SECRETS).unwrap();
    let (count, bytes) = (each(used.count_total), each(used.bytes_total));
    assert!(
        ALLOCATIONS.contains(&count) && BYTES.contains(&bytes),
        "{count} allocations of {bytes} bytes for each secret"
    );
}
