//! What each operation of Terraform costs in requests: measured, with the examples as
//! configurations, between the real provider process and an emulator.

use std::collections::BTreeMap;
use std::path::Path;

use ibm_sm_emulator::seed;
use ibm_sm_provider::client::Operation;
use ibm_sm_provider::framework::provider::Registry;
use ibm_sm_provider::plugin::proto::tfplugin6 as proto;
use ibm_sm_provider::plugin::proto::tfplugin6::invoke_action::event::Type;
use serde_json::{Value, json};

use super::examples::{self, Block};
use crate::support::core::Core;
use crate::support::emulator::Emulator;
use crate::support::session::{Said, Session, said, value};

/// What something costs: its name, and the requests in their order.
pub(super) type Cost = (String, Vec<Operation>);

/// The costs of everything, by folder and type.
pub(super) type Costs = BTreeMap<(&'static str, String), Vec<Cost>>;

/// What is measured of a resource beside the example as it stands: what this is called, and what
/// it changes in the configuration. The first is the example itself with these changes, so that
/// the usual cost comes first.
type Variant = (&'static str, fn() -> Value);

/// An update of a resource: what it is called, and the arguments that it changes.
type Update = (&'static str, fn() -> Value);

/// How each resource type is measured.
fn lives(resource: &str) -> (Vec<Variant>, Vec<Update>) {
    let description: Update = ("`description`", || json!({"description": "changed"}));
    match resource {
        "ibm_sm_iam_credentials_secret" => (
            vec![
                ("", || json!({"version_custom_metadata": null})),
                ("with `version_custom_metadata`", || json!({})),
                (
                    "with `store_api_key = true`",
                    || json!({"version_custom_metadata": null, "store_api_key": true}),
                ),
            ],
            vec![
                description,
                ("`rotation_triggers`", || json!({"rotation_triggers": {"release": "2"}})),
            ],
        ),
        "ibm_sm_arbitrary_secret" => (
            vec![
                ("", || json!({"version_custom_metadata": null})),
                ("with `version_custom_metadata`", || json!({})),
                ("with `payload`", || {
                    json!({"version_custom_metadata": null, "payload": "a-password-0123456789",
                           "payload_wo": null, "payload_wo_version": null})
                }),
            ],
            vec![description, ("the payload", || json!({"payload_wo_version": "2"}))],
        ),
        "ibm_sm_iam_credentials_configuration" => (
            vec![
                ("", || json!({})),
                ("with `api_key`", || {
                    json!({"api_key": seed::ENGINE_API_KEY, "api_key_wo": null,
                       "api_key_wo_version": null})
                }),
            ],
            vec![("`disabled`", || json!({"disabled": true}))],
        ),
        "ibm_sm_secret_group" => (vec![("", || json!({}))], vec![description]),
        other => panic!("how {other} is to be measured is not said"),
    }
}

/// An instance with what the examples look up, and the values of their variables.
struct World {
    emulator: Emulator,
    variables: Value,
}

impl World {
    async fn new(with_engine: bool, with_secrets: bool) -> Self {
        let emulator = Emulator::start().await;
        let mut variables = json!({
            "instance_id": seed::INSTANCE_ID,
            "engine_api_key": seed::ENGINE_API_KEY,
            "service_id": seed::STATIC_SERVICE_ID,
            "access_group_id": seed::ACCESS_GROUP_IDS[0],
            "database_password": "a-password-0123456789",
            "configuration_name": "iam-engine",
        });
        if with_engine {
            let engine = json!({"config_type": "iam_credentials_configuration",
                                "name": "iam-engine", "api_key": seed::ENGINE_API_KEY});
            emulator.create("configurations", engine).await;
        }
        if with_secrets {
            let group = emulator.create("secret_groups", json!({"name": "team-a"})).await;
            let deployer = json!({"secret_type": "iam_credentials", "name": "deployer",
                                  "ttl": "1h", "reuse_api_key": true, "labels": ["shop"],
                                  "service_id": seed::STATIC_SERVICE_ID});
            let deployer = emulator.create("secrets", deployer).await;
            let database = json!({"secret_type": "arbitrary", "name": "database-password",
                                  "labels": ["shop"], "payload": "a-password-0123456789"});
            let database = emulator.create("secrets", database).await;
            variables["secret_group_id"] = group["id"].clone();
            variables["secret_id"] = deployer["id"].clone();
            variables["arbitrary_secret_id"] = database["id"].clone();
        }
        World { emulator, variables }
    }

    /// The requests since the last `from`, without those for tokens.
    async fn since(&self, from: &mut usize) -> Vec<Operation> {
        let journal = self.emulator.whole_journal().await;
        let new = &journal[*from..];
        *from = journal.len();
        let operations = new.iter().map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            operation(text("method"), text("path"))
        });
        operations.filter(|operation| *operation != Operation::GetToken).collect()
    }
}

/// The operation of the client's table that a request is.
fn operation(method: &str, path: &str) -> Operation {
    let path = match path.strip_prefix("/instances/") {
        Some(rest) => rest.split_once('/').unwrap().1,
        None => path.trim_start_matches('/'),
    };
    let is = |one: &&Operation| {
        let template = one.path().trim_start_matches('/').split('/');
        one.method().as_str() == method
            && template.clone().count() == path.split('/').count()
            && template
                .zip(path.split('/'))
                .all(|(part, found)| part == found || part.starts_with('{'))
    };
    let found = Operation::ALL
        .iter()
        .filter(is)
        .max_by_key(|one| one.path().split('/').filter(|part| !part.starts_with('{')).count());
    *found.unwrap_or_else(|| panic!("{method} {path} is not in the client's table"))
}

/// Measures everything.
pub(super) async fn measured(registry: &Registry) -> Costs {
    let mut costs = Costs::new();
    for one in &registry.resources {
        let name = one.type_name();
        costs.insert(("resources", name.to_owned()), resource(name, one.schema()).await);
    }
    let world = World::new(true, true).await;
    for one in &registry.data_sources {
        let name = one.type_name().to_owned();
        let blocks = examples::blocks(&Path::new("data-sources").join(&name), "data", &name);
        let mut rows = Vec::new();
        for Block { name: label, body } in blocks {
            let config = examples::value(&body, one.schema(), &world.variables);
            rows.push((format!("read `{label}`"), data_source(&world, &name, config).await));
        }
        costs.insert(("data-sources", name), rows);
    }
    for one in &registry.ephemeral_resources {
        let name = one.type_name().to_owned();
        let folder = Path::new("ephemeral-resources").join(&name);
        let mut rows = Vec::new();
        for Block { name: label, body } in examples::blocks(&folder, "ephemeral", &name) {
            let config = examples::value(&body, one.schema(), &world.variables);
            let [open, close] = ephemeral(&world, &name, config).await;
            rows.push((format!("open `{label}`"), open));
            rows.push((format!("close `{label}`"), close));
        }
        costs.insert(("ephemeral-resources", name), rows);
    }
    for one in &registry.list_resources {
        let name = one.type_name().to_owned();
        let folder = Path::new("list-resources").join(&name);
        let mut rows = Vec::new();
        for Block { name: label, body } in examples::blocks(&folder, "list", &name) {
            let config = examples::value(&body, one.schema(), &world.variables);
            rows.push((format!("list `{label}`"), list(&world, &name, config).await));
        }
        costs.insert(("list-resources", name), rows);
    }
    for one in &registry.actions {
        let name = one.type_name().to_owned();
        let folder = Path::new("actions").join(&name);
        let mut rows = Vec::new();
        for Block { name: label, body } in examples::blocks(&folder, "action", &name) {
            let config = examples::value(&body, one.schema(), &world.variables);
            let [plan, invoke] = action(&world, &name, config).await;
            rows.push((format!("plan `{label}`"), plan));
            rows.push((format!("invoke `{label}`"), invoke));
        }
        costs.insert(("actions", name), rows);
    }
    costs
}

/// The configuration with these members in the place of its own.
fn changed(config: &Value, change: Value) -> Value {
    let mut config = config.clone();
    config.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    config
}

/// The variables, of which the id of the object is one.
fn named(variables: &Value, identity: &Value) -> Value {
    let mut variables = variables.clone();
    for (variable, attribute) in [
        ("secret_group_id", "secret_group_id"),
        ("secret_id", "secret_id"),
        ("arbitrary_secret_id", "secret_id"),
    ] {
        variables[variable] = identity[attribute].clone();
    }
    variables
}

async fn resource(
    name: &'static str,
    schema: &ibm_sm_provider::framework::schema::Schema,
) -> Vec<Cost> {
    let blocks = examples::blocks(&Path::new("resources").join(name), "resource", name);
    let (variants, updates) = lives(name);
    let mut rows: Vec<Cost> = Vec::new();
    for (variant, change) in variants {
        let world = World::new(name != "ibm_sm_iam_credentials_configuration", false).await;
        let config = examples::value(&blocks[0].body, schema, &world.variables);
        let config = changed(&config, change());
        let mut seen = world.emulator.whole_journal().await.len();
        let mut core = Core::of(Session::with(&world.emulator).await, name).await;
        let mut measured: Vec<Cost> = Vec::new();
        let (stored, told) = core.attempt(None, &config).await;
        assert_eq!(told, [], "{name}");
        let mut stored = stored.unwrap();
        measured.push(("create".to_owned(), world.since(&mut seen).await));
        stored = core.refresh(&stored).await.unwrap();
        measured.push(("refresh".to_owned(), world.since(&mut seen).await));
        let identity = examples::identity(name, &named(&world.variables, &stored.identity));
        assert_eq!(identity, stored.identity, "the example shows another identity");
        let mut session = Session::with(&world.emulator).await;
        let (_, told) = session.import(name, identity).await;
        assert_eq!(told, [], "{name}");
        measured.push(("import".to_owned(), world.since(&mut seen).await));
        let mut config = config;
        for (of, change) in if variant.is_empty() { &updates[..] } else { &[] } {
            config = changed(&config, change());
            let (updated, told) = core.attempt(Some(&stored), &config).await;
            assert_eq!(told, [], "{name}");
            stored = updated.unwrap();
            measured.push((format!("update of {of}"), world.since(&mut seen).await));
        }
        let (_, told) = core.attempt_destroy(&stored).await;
        assert_eq!(told, [], "{name}");
        measured.push(("delete".to_owned(), world.since(&mut seen).await));
        let usual = rows.clone();
        for (what, requests) in measured {
            let is_usual = usual.iter().any(|(usual, cost)| *usual == what && *cost == requests);
            if !is_usual {
                rows.push((format!("{what} {variant}").trim().to_owned(), requests));
            }
        }
    }
    rows
}

/// No errors: a warning does not cost.
fn succeeded(what: &str, told: &[Said]) {
    assert!(told.iter().all(|said| said.severity == "warning"), "{what}: {told:?}");
}

async fn data_source(world: &World, name: &str, config: Value) -> Vec<Operation> {
    let mut session = Session::with(&world.emulator).await;
    let mut seen = world.emulator.whole_journal().await.len();
    let (_, told) = session.read(name, config).await;
    succeeded(name, &told);
    world.since(&mut seen).await
}

async fn list(world: &World, name: &str, config: Value) -> Vec<Operation> {
    let mut session = Session::with(&world.emulator).await;
    let mut seen = world.emulator.whole_journal().await.len();
    let (found, told) = session.list(name, config, 100, true).await;
    succeeded(name, &told);
    assert_eq!(found.len(), 1, "the example of {name} finds what is there: {found:?}");
    world.since(&mut seen).await
}

async fn ephemeral(world: &World, name: &str, config: Value) -> [Vec<Operation>; 2] {
    let mut session = Session::with(&world.emulator).await;
    let mut seen = world.emulator.whole_journal().await.len();
    let request = proto::open_ephemeral_resource::Request {
        type_name: name.to_owned(),
        config: Some(value(&config)),
        ..Default::default()
    };
    let opened = session.provider.open_ephemeral_resource(request).await.unwrap().into_inner();
    succeeded(name, &said(opened.diagnostics));
    let open = world.since(&mut seen).await;
    let request = proto::close_ephemeral_resource::Request {
        type_name: name.to_owned(),
        private: opened.private,
    };
    let closed = session.provider.close_ephemeral_resource(request).await.unwrap().into_inner();
    succeeded(name, &said(closed.diagnostics));
    [open, world.since(&mut seen).await]
}

async fn action(world: &World, name: &str, config: Value) -> [Vec<Operation>; 2] {
    let mut session = Session::with(&world.emulator).await;
    let mut seen = world.emulator.whole_journal().await.len();
    let request = proto::plan_action::Request {
        action_type: name.to_owned(),
        config: Some(value(&config)),
        ..Default::default()
    };
    let planned = session.provider.plan_action(request).await.unwrap().into_inner();
    succeeded(name, &said(planned.diagnostics));
    let plan = world.since(&mut seen).await;
    let request = proto::invoke_action::Request {
        action_type: name.to_owned(),
        config: Some(value(&config)),
        ..Default::default()
    };
    let mut events = session.provider.invoke_action(request).await.unwrap().into_inner();
    while let Some(event) = events.message().await.unwrap() {
        if let Some(Type::Completed(completed)) = event.r#type {
            succeeded(name, &said(completed.diagnostics));
        }
    }
    [plan, world.since(&mut seen).await]
}
