//! What happens outside of the configuration: to the clock, behind Terraform's
//! back, or by other commands.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use regex_lite::Regex;
use serde_json::{Map, Value, json};

use super::expect::{Action, Call};
use super::life::Life;
use super::matcher::{Around, check};
use super::state::Snapshot;

/// Does one thing.
pub(crate) fn perform(action: &Action, life: &mut Life) -> Result<()> {
    let Life { emulator, workspace, .. } = &*life;
    match action {
        Action::Engine => {
            let call = engine(emulator.export("TF_VAR_engine_api_key")?);
            perform_call(&call, life)
        }
        Action::AdvanceClock(seconds) => emulator.advance_clock(*seconds),
        Action::Fault(fault) => emulator.add_fault(fault),
        Action::ClearFaults => emulator.clear_faults(),
        Action::AddObjects(file) => emulator.add(serde_json::from_str(&life.file(file)?)?),
        Action::UseState(file) => workspace.use_state(&life.file(file)?),
        Action::Beside { folder, config } => {
            workspace.elsewhere(folder)?.configure(&life.file(config)?)
        }
        Action::Holds(expected) => holds(expected, &emulator.state()?),
        Action::Terraform(arguments) => {
            let arguments: Vec<String> =
                arguments.iter().map(|argument| life.fill(argument)).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            workspace.run(&arguments)?.expect_code(0).map(drop)
        }
        Action::Call(call) => perform_call(call, life),
        Action::ImportAsTold(address) => {
            let advice = Regex::new("terraform import ADDRESS ([^` ]+)")?;
            let told = life.told.iter().find_map(|said| advice.captures(&said.detail));
            let id =
                told.as_ref().and_then(|told| told.get(1)).context("no error told to import")?;
            workspace.run(&["import", address, id.as_str()])?.expect_code(0).map(drop)
        }
        Action::KeyWorks(place) => token_service(life, place, &life.now, 200),
        Action::FormerKeyWorks(place) => token_service(life, place, &life.before, 200),
        Action::FormerKeyIsDead(place) => token_service(life, place, &life.before, 400),
    }
}

fn engine(api_key: &str) -> Call {
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

fn perform_call(call: &Call, life: &mut Life) -> Result<()> {
    let instance = life.emulator.export("SECRETS_MANAGER_INSTANCE_ID")?;
    let api = format!("/instances/{instance}/api/v2");
    let path = life.fill(&call.path).replace("{SM}", &api);
    let body = call.body.as_ref().map(|body| life.fill(&body.to_string()));
    let body: Option<Value> = body.map(|body| serde_json::from_str(&body)).transpose()?;
    let answer = life.emulator.call(&call.method, &path, body.as_ref())?;
    let said = || format!("{} {path} answered {}: {}", call.method, answer.status, answer.body);
    ensure!(answer.status == call.status, said());
    for (name, expected) in &call.answer {
        check(expected, &answer.body[name], &Around::NOTHING)
            .context(name.clone())
            .with_context(said)?;
    }
    if let Some(name) = &call.keep {
        let id = answer.body["id"].as_str().with_context(said)?;
        life.kept.insert(name.clone(), id.to_owned());
    }
    Ok(())
}

fn holds(expected: &BTreeMap<String, Value>, state: &Value) -> Result<()> {
    let lookup = |pointer: &str| state.pointer(pointer).cloned();
    for (pointer, expected) in expected {
        let found = lookup(pointer).with_context(|| format!("nothing at {pointer}"))?;
        check(expected, &found, &Around { before: None, lookup: &lookup })
            .with_context(|| pointer.clone())?;
    }
    Ok(())
}

fn token_service(life: &Life, place: &str, state: &Snapshot, status: u16) -> Result<()> {
    let key = state.lookup(place).and_then(Value::as_str);
    let answer = life.emulator.exchange_key(key.with_context(|| format!("no key in {place}"))?)?;
    let found = answer.status;
    ensure!(found == status, "the token service answered {found} to the key of {place}");
    Ok(())
}
