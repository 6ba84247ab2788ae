//! The secrets of a scenario, and where each of them may be: what a state was asked to
//! hold, and what the configuration itself says.
//!
//! The emulator tells every value that was ever sent or received as a key, a token or
//! a payload. Its state has those that nobody asked for, and the environment and the
//! configuration have those that were never sent.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;
use serde_json::Value;

/// What is secret, with a name to show in its place.
pub(crate) type Secrets = BTreeMap<String, String>;

/// Variables of the provider that have a secret.
const VARIABLES: [&str; 6] = [
    "IBMCLOUD_API_KEY",
    "IBMCLOUD_IAM_REFRESH_TOKEN",
    "IBMCLOUD_IAM_TOKEN",
    "IC_API_KEY",
    "IC_IAM_REFRESH_TOKEN",
    "IC_IAM_TOKEN",
];
/// Arguments that have a secret, as a state names them.
const HELD: [&str; 2] = ["api_key", "payload"];
/// The arguments beside them that keep them out of the state.
const STORE: [&str; 2] = ["store_api_key", "store_payload"];

/// Adds a secret. Each part of a token counts, so that one that was cut off is found.
pub(crate) fn plant(secrets: &mut Secrets, secret: &str, name: &str) {
    let parts: Vec<&str> = secret.trim_start_matches("Bearer ").split('.').collect();
    match parts[..] {
        [header, _, _] if header.starts_with("eyJ") => {
            for (part, what) in parts.iter().zip(["header", "claims", "signature"]) {
                secrets.insert((*part).to_owned(), format!("the {what} of {name}"));
            }
        }
        _ => drop(secrets.insert(parts.join("."), name.to_owned())),
    }
}

/// Adds the API keys in IAM, those of engine configurations, and the payloads of
/// arbitrary secrets, in this state of the emulator.
pub(crate) fn plant_state(secrets: &mut Secrets, emulator: &Value) {
    let rows = |service: &str, table: &str| emulator[service][table].as_array().cloned();
    for row in rows("iam", "api_keys").unwrap_or_default() {
        if let (Some(id), Some(key)) = (row["id"].as_str(), row["apikey"].as_str()) {
            plant(secrets, key, id);
        }
    }
    for row in rows("secrets_manager", "configurations").unwrap_or_default() {
        if let (Some(name), Some(key)) = (row["name"].as_str(), row["api_key"].as_str()) {
            plant(secrets, key, &format!("the key of configuration {name}"));
        }
    }
    let all = rows("secrets_manager", "secrets").unwrap_or_default();
    for row in all.iter().filter(|row| row["kind"].get("arbitrary").is_some()) {
        for version in row["versions"].as_array().into_iter().flatten() {
            if let (Some(id), Some(payload)) = (version["id"].as_str(), version["payload"].as_str())
            {
                plant(secrets, payload, &format!("the payload of version {id}"));
            }
        }
    }
}

/// Adds the secrets in the environment of a run: the provider's variables, those of the
/// configuration that it declares sensitive or ephemeral, and passwords in URLs.
pub(crate) fn plant_environment(
    secrets: &mut Secrets,
    environment: &BTreeMap<String, String>,
    configuration: &str,
) {
    for (name, value) in environment {
        let declared = name.strip_prefix("TF_VAR_").is_some_and(|name| {
            declares(configuration, name, "sensitive") || declares(configuration, name, "ephemeral")
        });
        if declared || VARIABLES.contains(&name.as_str()) {
            plant(secrets, value, name);
        }
        let user = value.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
        if let Some((_, password)) = user.and_then(|(user, _)| user.split_once(':')) {
            plant(secrets, password, name);
        }
    }
}

/// What this configuration asks to have in plans: texts in it that no write-only
/// argument has, and variables that are not ephemeral.
pub(crate) fn configured(
    secrets: &Secrets,
    environment: &BTreeMap<String, String>,
    configuration: &str,
) -> BTreeSet<String> {
    let lines = configuration.lines().filter(|line| !line.contains("_wo "));
    let text = lines.collect::<Vec<_>>().join("\n");
    let by_variable = |(name, value): (&String, &String), secret: &String| {
        let name = name.strip_prefix("TF_VAR_").unwrap_or_default();
        value == secret
            && declares(configuration, name, "")
            && !declares(configuration, name, "ephemeral")
    };
    let is_asked_for = |secret: &&String| {
        text.contains(secret.as_str()) || environment.iter().any(|it| by_variable(it, secret))
    };
    secrets.keys().filter(is_asked_for).cloned().collect()
}

/// Whether the configuration declares a variable with `word` in its block.
fn declares(configuration: &str, name: &str, word: &str) -> bool {
    let declaration = format!("variable {name:?} {{");
    let block = configuration.split_once(&declaration).and_then(|(_, rest)| rest.split_once('}'));
    block.is_some_and(|(block, _)| block.contains(word))
}

/// A state without what it was asked to hold, and what that is.
///
/// It is asked to hold an `api_key` or a `payload` of our types, unless
/// `store_api_key` or `store_payload` is false; and an output that is sensitive.
pub(crate) fn without_held(mut state: Value) -> (Value, BTreeSet<String>) {
    let mut held = BTreeSet::new();
    for resource in state["resources"].as_array_mut().into_iter().flatten() {
        if !resource["type"].as_str().is_some_and(|name| name.starts_with("ibm_sm_")) {
            continue;
        }
        for instance in resource["instances"].as_array_mut().into_iter().flatten() {
            for (name, store) in HELD.into_iter().zip(STORE) {
                let attributes = &mut instance["attributes"];
                if attributes[store] != false && attributes[name].is_string() {
                    take_all(&mut attributes[name], &mut held);
                }
            }
        }
    }
    for output in state["outputs"].as_object_mut().into_iter().flat_map(|it| it.values_mut()) {
        if output["sensitive"] == true {
            take_all(&mut output["value"], &mut held);
        }
    }
    (state, held)
}

/// Takes every text out of a value.
fn take_all(value: &mut Value, taken: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(taken.insert(std::mem::take(text))),
        Value::Array(items) => items.iter_mut().for_each(|item| take_all(item, taken)),
        Value::Object(members) => members.values_mut().for_each(|item| take_all(item, taken)),
        _ => {}
    }
}

/// The texts in a configuration that are the values of secret arguments.
pub(crate) fn literals(configuration: &str) -> Vec<String> {
    let argument = Regex::new(
        r#"(?m)^\s*(?:api_key|api_key_wo|payload|payload_wo|\w*_api_key|\w*_token)\s*=\s*"([^"]*)""#,
    );
    let Ok(argument) = argument else { return Vec::new() };
    argument.captures_iter(configuration).map(|found| found[1].to_owned()).collect()
}
