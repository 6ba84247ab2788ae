//! Many at once: calls into one process, and processes against one instance.

use futures::future::join_all;
use ibm_sm_emulator::seed::STATIC_SERVICE_ID;
use ibm_sm_provider::plugin::proto::tfplugin6 as proto;
use serde_json::json;

use crate::processes::{EmulatorProcess, Memory};
use crate::support::emulator::Emulator;
use crate::support::session::{in_instance, value};
use crate::world::{ARBITRARY, GROUP, Object, SECRET, World, configure_engine, errors};

/// How many rounds of a hundred calls there are.
const ROUNDS: usize = 4;

/// What a hundred calls at once may leave allocated after the first hundred did.
const MAY_GROW: u64 = 6 << 10;

pub(crate) async fn calls() {
    let process = EmulatorProcess::start();
    let emulator = Emulator::at(process.url.clone());
    configure_engine(&emulator).await;
    let mut world = World::start(&emulator).await;
    let config = json!({"name": "app", "ttl": "1h", "service_id": STATIC_SERVICE_ID});
    let mut secret = Object::new(SECRET, config);
    assert!(world.apply(&mut secret).await.unwrap());
    let config = in_instance(json!({"secret_id": secret.stored.unwrap().state["secret_id"]}));

    let mut memory = Vec::new();
    for _ in 0..ROUNDS {
        let calls = (0..100).map(|number| {
            let mut provider = world.session.provider.clone();
            let config = Some(value(&config));
            async move {
                if number % 2 == 0 {
                    let request = proto::read_data_source::Request {
                        type_name: SECRET.to_owned(),
                        config,
                        ..Default::default()
                    };
                    let response = provider.read_data_source(request).await.unwrap().into_inner();
                    (response.state.is_some(), response.diagnostics)
                } else {
                    let request = proto::open_ephemeral_resource::Request {
                        type_name: SECRET.to_owned(),
                        config,
                        ..Default::default()
                    };
                    let response = provider.open_ephemeral_resource(request).await;
                    let response = response.unwrap().into_inner();
                    (response.result.is_some(), response.diagnostics)
                }
            }
        });
        for (found, diagnostics) in join_all(calls).await {
            errors(diagnostics).expect("every call succeeds");
            assert!(found);
        }
        memory.push(Memory::of(world.session.plugin.process.id(), process.id()));
    }
    println!("100 calls at once, {ROUNDS} times: first {}, last {}", memory[0], memory[ROUNDS - 1]);
    memory[ROUNDS - 1].assert_steady_since(memory[0], MAY_GROW);
}

pub(crate) async fn runs() {
    let process = EmulatorProcess::start();
    let emulator = Emulator::at(process.url.clone());
    configure_engine(&emulator).await;
    let runs = join_all((0..10).map(|number| run(number, &emulator))).await;
    assert_eq!(runs.len(), 10);
    let state = emulator.state().await;
    assert_eq!(state["secrets_manager"]["secrets"], json!([]));
    assert_eq!(emulator.engine_keys().await, 0, "keys are left behind in IAM");
    println!("10 runs side by side: nothing is left behind");
}

/// A run of a process of its own, from the first create to the last destroy.
async fn run(number: usize, emulator: &Emulator) {
    let mut world = World::start(emulator).await;
    let mut objects = [
        Object::new(GROUP, json!({"name": format!("group-{number}")})),
        Object::new(ARBITRARY, json!({"name": format!("text-{number}"), "payload": "p"})),
        Object::new(
            SECRET,
            json!({"name": format!("app-{number}"), "ttl": "1h", "service_id": STATIC_SERVICE_ID}),
        ),
    ];
    for object in &mut objects {
        assert!(world.apply(object).await.unwrap(), "it is created");
        assert!(!world.apply(object).await.unwrap(), "the second plan is empty");
    }
    world.open_lease(json!({"ttl": "1h", "service_id": STATIC_SERVICE_ID})).await.unwrap();
    objects[2].config["labels"] = json!(["changed"]);
    assert!(world.apply(&mut objects[2]).await.unwrap(), "it is changed");
    world.close_lease(0).await.unwrap();
    for object in &mut objects {
        world.destroy(object).await.unwrap();
        assert_eq!(object.stored, None);
    }
}
