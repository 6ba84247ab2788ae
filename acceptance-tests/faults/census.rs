//! Counts what exists in Secrets Manager and IAM, and compares two counts: orphans, duplicates, differences.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::harness::state::Snapshot;

/// What exists, with its number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Census {
    /// The rows in tables of IAM.
    iam: BTreeMap<&'static str, usize>,
    /// Objects that nobody manages: in Secrets Manager those that no state names, in IAM the
    /// service IDs and keys that no secret names.
    unmanaged: usize,
    /// Objects in Secrets Manager that the state names, and their versions.
    managed: usize,
    /// Everything that the configuration says about the objects.
    contents: Vec<String>,
}

/// How a world differs from what it should be.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Difference {
    /// Objects that nobody manages any more.
    pub(crate) orphans: usize,
    /// Objects and versions that are there twice.
    pub(crate) duplicates: usize,
    /// What is there and should not be, or is not and should be.
    pub(crate) details: Vec<String>,
}

const IAM_TABLES: [&str; 5] =
    ["service_ids", "api_keys", "access_groups", "memberships", "policies"];

impl Census {
    /// Counts the emulator's objects; `state` says which of them are managed.
    pub(crate) fn of(emulator: &Value, state: &Snapshot) -> Result<Census> {
        let rows = |service: &str, table: &str| {
            let rows = emulator[service][table].as_array();
            rows.with_context(|| format!("no table {service}.{table}"))
        };
        let mut iam = BTreeMap::new();
        for table in IAM_TABLES {
            iam.insert(table, rows("iam", table)?.len());
        }
        let named = rows("secrets_manager", "secrets")?.iter().map(Value::to_string);
        let named = named.collect::<String>();
        let ids: Vec<&str> =
            state.objects.values().filter_map(|object| object.attributes["id"].as_str()).collect();
        let (mut unmanaged, mut managed, mut contents) = (0, 0, Vec::new());
        for table in ["service_ids", "api_keys"] {
            let ids = rows("iam", table)?.iter().filter_map(|row| row["id"].as_str());
            unmanaged += ids.filter(|id| !named.contains(id)).count();
        }
        for table in ["secrets", "secret_groups", "configurations"] {
            for row in rows("secrets_manager", table)? {
                let id = row.get("id").or_else(|| row.get("name")).and_then(Value::as_str);
                let end = format!("/{}", id.context("neither id nor name")?);
                let versions = versions(row);
                match ids.iter().any(|id| id.ends_with(&end)) {
                    true => managed += 1 + versions,
                    false => unmanaged += 1,
                }
                contents.push(format!("{table}: {}", content(row, versions)));
            }
        }
        contents.sort();
        Ok(Census { iam, unmanaged, managed, contents })
    }

    /// How this world differs from the one that it should be like.
    pub(crate) fn differs_from(&self, expected: &Census) -> Difference {
        let orphans = self.unmanaged.saturating_sub(expected.unmanaged);
        let mut details = Vec::new();
        for (table, count) in &self.iam {
            let wanted = expected.iam[table];
            if *count != wanted {
                details.push(format!("{count} {table} instead of {wanted}"));
            }
        }
        let duplicates = self.managed.saturating_sub(expected.managed);
        let mut missing = expected.contents.clone();
        for content in &self.contents {
            match missing.iter().position(|wanted| wanted == content) {
                Some(index) => drop(missing.remove(index)),
                None => details.push(format!("unexpected {content}")),
            }
        }
        details.extend(missing.iter().map(|content| format!("missing {content}")));
        Difference { orphans, duplicates, details }
    }
}

/// The number of versions, of a dynamic secret only those that have a key: each read makes one.
fn versions(row: &Value) -> usize {
    let versions = row["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    match row["kind"]["iam_credentials"]["reuse_api_key"] == false {
        true => versions.iter().filter(|version| version.get("payload").is_some()).count(),
        false => versions.len(),
    }
}

/// What a configuration can say about an object: no ids, no times, no keys that the engine made.
fn content(row: &Value, versions: usize) -> Value {
    let settings = &row["kind"]["iam_credentials"];
    let current = row["versions"].as_array().and_then(|versions| versions.last());
    let current = current.unwrap_or(&Value::Null);
    let payload = if settings.is_null() { &current["payload"] } else { &Value::Null };
    // The name of a lease is random.
    let name = row["name"].as_str().unwrap_or_default();
    let name = if name.starts_with("terraform-lease-") { "terraform-lease-…" } else { name };
    json!({
        "name": name,
        "description": row["description"],
        "labels": row["labels"],
        "custom_metadata": row["custom_metadata"],
        "version_custom_metadata": current["version_custom_metadata"],
        "payload": payload,
        "ttl": settings["ttl"],
        "disabled": row["disabled"],
        "api_key": row["api_key"],
        "versions": versions,
    })
}
