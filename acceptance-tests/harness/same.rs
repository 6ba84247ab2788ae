//! Whether two looks at one thing see the same: an object before and after its
//! import, the emulator before and after a life.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

/// Attributes that reading an object changes, so that an import may find others.
const CHANGED_BY_READING: [&str; 2] = ["retrieved_at", "updated_at"];

/// Ok if an import found what the state holds, and something else for exactly the
/// attributes that differ.
pub(crate) fn same_attributes(
    state: &Map<String, Value>,
    imported: &Map<String, Value>,
    differs: &[String],
) -> Result<()> {
    for (name, value) in state {
        let found = imported.get(name).with_context(|| format!("no {name}"))?;
        if differs.contains(name) {
            ensure!(found != value, "{name} does not differ: {value}");
        } else if !CHANGED_BY_READING.contains(&name.as_str()) {
            ensure!(found == value, "{name} is {found} after the import and was {value}");
        }
    }
    Ok(())
}

/// Ok if both states of the emulator hold the same objects.
pub(crate) fn same_objects(before: &Value, after: &Value) -> Result<()> {
    for (service, tables) in before.as_object().context("a state")? {
        for (table, rows) in tables.as_object().context("tables")? {
            let now = &after[service][table];
            let (Value::Array(rows), Value::Array(now)) = (rows, now) else {
                ensure!(rows == now, "{table} was {rows} and is {now}");
                continue;
            };
            let (rows, now) = (without_sessions(rows), without_sessions(now));
            let gone: Vec<_> = rows.iter().filter(|row| !now.contains(row)).collect();
            let new: Vec<_> = now.iter().filter(|row| !rows.contains(row)).collect();
            let same = gone.is_empty() && new.is_empty();
            ensure!(same, "{service}.{table}: no more {gone:?}, now {new:?}");
        }
    }
    Ok(())
}

/// The rows without the token that the engine works with, which it renews by
/// itself every hour.
fn without_sessions(rows: &[Value]) -> Vec<Value> {
    let mut rows = rows.to_vec();
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.remove("session");
    }
    rows
}
