//! Searches output, state and plan for leaked keys and tokens.
//!
//! Terraform must not print any, and may write secrets only as the value of
//! an `api_key` or a `payload`. The emulator knows every secret that exists, so any
//! leaked one that is still valid is found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use zip::ZipArchive;

/// Keys and tokens, by a name to show in their place.
pub(crate) type Secrets = BTreeMap<String, String>;

/// The API keys in IAM, those of engine configurations, and the payloads of arbitrary
/// secrets, in this state of the emulator.
pub(crate) fn keys(emulator: &Value) -> Secrets {
    let rows = |service: &str, table: &str| emulator[service][table].as_array().cloned();
    let mut keys = Secrets::new();
    for row in rows("iam", "api_keys").unwrap_or_default() {
        if let (Some(id), Some(key)) = (row["id"].as_str(), row["apikey"].as_str()) {
            keys.insert(id.to_owned(), key.to_owned());
        }
    }
    for row in rows("secrets_manager", "configurations").unwrap_or_default() {
        if let (Some(name), Some(key)) = (row["name"].as_str(), row["api_key"].as_str()) {
            keys.insert(format!("the key of configuration {name}"), key.to_owned());
        }
    }
    let secrets = rows("secrets_manager", "secrets").unwrap_or_default();
    for row in secrets.iter().filter(|row| row["kind"].get("arbitrary").is_some()) {
        for version in row["versions"].as_array().into_iter().flatten() {
            let payload = version["payload"].as_str().filter(|payload| !payload.is_empty());
            if let (Some(id), Some(payload)) = (version["id"].as_str(), payload) {
                keys.insert(format!("the payload of version {id}"), payload.to_owned());
            }
        }
    }
    keys
}

/// Ok if this output of Terraform contains none of the secrets.
pub(crate) fn none_printed(secrets: &Secrets, text: &str) -> Result<()> {
    for (name, secret) in secrets {
        if let Some(line) = text.lines().find(|line| line.contains(secret)) {
            bail!("leaked {name}: {line}");
        }
    }
    Ok(())
}

/// Returns what the state in this folder holds as an `api_key` or a `payload`. Any
/// other secret in it is an error.
pub(crate) fn none_in_state(secrets: &Secrets, folder: &Path) -> Result<BTreeSet<String>> {
    let mut held = BTreeSet::new();
    let path = folder.join("terraform.tfstate");
    let text = if path.exists() { fs::read(&path)? } else { Vec::new() };
    if !text.is_empty() {
        collect(&serde_json::from_slice(&text)?, &mut held);
        none_in(secrets, &held, &text).context("the state file")?;
    }
    Ok(held)
}

/// Ok if the unpacked plan contains none of the secrets, except those in `held`.
pub(crate) fn none_in_plan(secrets: &Secrets, plan: &Path, held: &BTreeSet<String>) -> Result<()> {
    let mut archive = ZipArchive::new(File::open(plan)?)?;
    ensure!(archive.len() > 2, "the plan file has only {} parts", archive.len());
    for index in 0..archive.len() {
        let mut part = archive.by_index(index)?;
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes)?;
        none_in(secrets, held, &bytes).with_context(|| format!("part {index} of the plan"))?;
    }
    Ok(())
}

fn none_in(secrets: &Secrets, allowed: &BTreeSet<String>, bytes: &[u8]) -> Result<()> {
    for (name, secret) in secrets.iter().filter(|(_, secret)| !allowed.contains(*secret)) {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        ensure!(!found, "leaked {name}");
    }
    Ok(())
}

/// Adds every string in `value` that is the value of an `api_key` or a `payload`.
fn collect(value: &Value, held: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(key) if matches!(name.as_str(), "api_key" | "payload") => {
                        held.extend([key.to_owned()])
                    }
                    _ => collect(value, held),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, held)),
        _ => {}
    }
}
