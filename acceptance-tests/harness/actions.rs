//! What a scenario does around its steps: moves the clock, makes changes behind
//! Terraform's back, runs other commands.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use regex_lite::Regex;
use serde_json::{Map, Value, json};

use super::expect::{Action, Call};
use super::matcher::{References, check};
use super::state::Snapshot;
use super::workspace::Workspace;
use super::world::World;

/// Performs these actions in order.
pub(crate) fn perform(actions: &[Action], world: &mut World) -> Result<()> {
    actions.iter().try_for_each(|action| perform_one(action, world))
}

fn perform_one(action: &Action, world: &mut World) -> Result<()> {
    let World { emulator, workspace, .. } = &*world;
    match action {
        Action::Engine => {
            let call = create_engine(emulator.export("TF_VAR_engine_api_key")?);
            perform_call(&call, world)
        }
        Action::AdvanceClock(seconds) => emulator.advance_clock(*seconds),
        Action::Fault(fault) => emulator.add_fault(fault),
        Action::ClearFaults => emulator.clear_faults(),
        Action::AddObjects(file) => emulator.add(serde_json::from_str(&world.file(file)?)?),
        Action::UseState(file) => workspace.use_state(&world.file(file)?),
        Action::AddFile(file) => workspace.add(file, &world.file(file)?),
        Action::Beside { folder, config } => {
            workspace.elsewhere(folder)?.configure(&world.file(config)?)
        }
        Action::Holds(expected) => check_holds(expected, &emulator.state()?),
        Action::Terraform(arguments) => {
            let arguments: Vec<String> =
                arguments.iter().map(|argument| world.fill(argument)).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            workspace.run(&arguments)?.expect_code(0).map(drop)
        }
        Action::Call(call) => perform_call(call, world),
        Action::ImportAsTold(address) => {
            let command = Regex::new("terraform import ADDRESS ([^` ]+)")?;
            let mut details = world.diagnostics.iter().map(|diagnostic| &diagnostic.detail);
            let found = details.find_map(|detail| command.captures(detail));
            let id = found
                .as_ref()
                .and_then(|found| found.get(1))
                .context("no error said how to import")?;
            workspace.run(&["import", address, id.as_str()])?.expect_code(0).map(drop)
        }
        Action::ImportAsShown(address) => {
            let id = world.now.fill(&format!("{{{address}.id}}"));
            import_as_shown(workspace, address, &id)
        }
        Action::KeyWorks(place) => check_key(world, place, &world.now, 200),
        Action::FormerKeyWorks(place) => check_key(world, place, &world.before, 200),
        Action::FormerKeyIsDead(place) => check_key(world, place, &world.before, 400),
    }
}

/// The region and the instance are those of the emulator already; the object cannot be.
fn import_as_shown(workspace: &Workspace, address: &str, id: &str) -> Result<()> {
    let resource = address.split('.').next().context("an address")?;
    let example = World::example(&format!("resources/{resource}/import.sh"))?;
    let command = example.lines().find(|line| line.starts_with("terraform "));
    let mut arguments: Vec<&str> = command.context("no command")?.split(' ').skip(1).collect();
    let shown = arguments.pop().context("no id")?;
    ensure!(arguments == ["import", address], "the example imports {arguments:?}");
    let place = |id: &str| id.rsplit_once('/').map(|(place, _)| place.to_owned());
    ensure!(place(shown) == place(id), "the example shows {shown}, and the id is {id}");
    arguments.push(id);
    workspace.run(&arguments)?.expect_code(0).map(drop)
}

fn create_engine(api_key: &str) -> Call {
    Call {
        method: "POST".to_owned(),
        path: "{SM}/configurations".to_owned(),
        body: Some(json!({
            "config_type": "iam_credentials_configuration",
            "name": "engine",
            "api_key": api_key,
        })),
        status: 201,
        answer: Map::new(),
        keep: None,
    }
}

fn perform_call(call: &Call, world: &mut World) -> Result<()> {
    let instance = world.emulator.export("SECRETS_MANAGER_INSTANCE_ID")?;
    let api = format!("/instances/{instance}/api/v2");
    let path = world.fill(&call.path).replace("{SM}", &api);
    let body = call.body.as_ref().map(|body| world.fill(&body.to_string()));
    let body: Option<Value> = body.map(|body| serde_json::from_str(&body)).transpose()?;
    let answer = world.emulator.call(&call.method, &path, body.as_ref())?;
    let exchange = || format!("{} {path} answered {}: {}", call.method, answer.status, answer.body);
    ensure!(answer.status == call.status, exchange());
    for (name, expected) in &call.answer {
        check(expected, &answer.body[name], &References::NONE)
            .context(name.clone())
            .with_context(exchange)?;
    }
    if let Some(name) = &call.keep {
        let id = answer.body["id"].as_str().with_context(exchange)?;
        world.saved.insert(name.clone(), id.to_owned());
    }
    Ok(())
}

fn check_holds(expected: &BTreeMap<String, Value>, state: &Value) -> Result<()> {
    let lookup = |pointer: &str| state.pointer(pointer).cloned();
    for (pointer, expected) in expected {
        let found = lookup(pointer).with_context(|| format!("nothing at {pointer}"))?;
        check(expected, &found, &References { before: None, lookup: &lookup })
            .with_context(|| pointer.clone())?;
    }
    Ok(())
}

fn check_key(world: &World, place: &str, state: &Snapshot, status: u16) -> Result<()> {
    let key = state.lookup(place).and_then(Value::as_str);
    let answer = world.emulator.exchange_key(key.with_context(|| format!("no key at {place}"))?)?;
    let found = answer.status;
    ensure!(found == status, "the token service answered the key at {place} with {found}");
    Ok(())
}
