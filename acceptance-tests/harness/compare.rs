//! Compares an object with its import, and two states of the emulator.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

/// Attributes that reading an object changes, so an import may find other values.
const CHANGED_BY_READING: [&str; 2] = ["retrieved_at", "updated_at"];

/// Ok if an import found the values in the state, except for the attributes in
/// `differs`, each of which must differ.
pub(crate) fn same_attributes(
    state: &Map<String, Value>,
    imported: &Map<String, Value>,
    differs: &[String],
) -> Result<()> {
    for (name, value) in state {
        let found = imported.get(name).with_context(|| format!("no {name}"))?;
        if differs.contains(name) {
            ensure!(found != value, "{name} should differ, and is {value} in both");
        } else if !CHANGED_BY_READING.contains(&name.as_str()) {
            ensure!(found == value, "{name} is {value} in the state and {found} after the import");
        }
    }
    Ok(())
}

/// Ok if both states of the emulator hold the same objects.
pub(crate) fn same_objects(before: &Value, after: &Value) -> Result<()> {
    for (service, tables) in before.as_object().context("a state is an object")? {
        for (table, rows) in tables.as_object().context("a service is an object")? {
            let now = &after[service][table];
            let (Value::Array(rows), Value::Array(now)) = (rows, now) else {
                ensure!(rows == now, "{table} was {rows} and is {now}");
                continue;
            };
            let (rows, now) = (without_sessions(rows), without_sessions(now));
            let gone: Vec<_> = rows.iter().filter(|row| !now.contains(row)).collect();
            let new: Vec<_> = now.iter().filter(|row| !rows.contains(row)).collect();
            let same = gone.is_empty() && new.is_empty();
            ensure!(same, "{service}.{table}: removed {gone:?}, added {new:?}");
        }
    }
    Ok(())
}

/// The rows without the engine's own token, which it renews every hour.
fn without_sessions(rows: &[Value]) -> Vec<Value> {
    let mut rows = rows.to_vec();
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.remove("session");
    }
    rows
}
