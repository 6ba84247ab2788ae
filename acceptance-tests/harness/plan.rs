//! Reads a plan from `terraform show -json`: what changes, and why an object is
//! replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::expect::{Change, PlainChange};

/// The parts of a plan that the checks need.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What happens to each `ibm_` resource, by address.
    pub(crate) changes: BTreeMap<String, Change>,
    /// The attributes that change, by address, for error messages.
    differences: BTreeMap<String, Vec<String>>,
    /// The attributes that are known after apply only, by address.
    pub(crate) unknown: BTreeMap<String, BTreeSet<String>>,
    /// The attributes of the objects that the plan imports, by address.
    pub(crate) imported: BTreeMap<String, Map<String, Value>>,
}

#[derive(Deserialize)]
struct PlanFile {
    #[serde(default)]
    resource_changes: Vec<ResourceChange>,
}

#[derive(Deserialize)]
struct ResourceChange {
    address: String,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    change: Body,
}

#[derive(Deserialize)]
struct Body {
    actions: Vec<String>,
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
    #[serde(default)]
    after_unknown: Value,
    #[serde(default)]
    replace_paths: Vec<Vec<Value>>,
    importing: Option<Value>,
}

impl Plan {
    /// Parses the JSON form of a plan.
    pub(crate) fn parse(text: &str) -> Result<Plan> {
        let file: PlanFile = serde_json::from_str(text).context("the plan")?;
        let mut plan = Plan::default();
        for ResourceChange { address, mode, kind, change } in file.resource_changes {
            if mode != "managed" || !kind.starts_with("ibm_") {
                continue;
            }
            let differences = change.differences();
            if !differences.is_empty() {
                plan.differences.insert(address.clone(), differences);
            }
            plan.unknown.insert(address.clone(), change.unknown());
            plan.changes
                .insert(address.clone(), Change::of(&change.actions, &change.replace_paths)?);
            if change.importing.is_some() {
                plan.imported
                    .insert(address, change.before.context("an imported object has no state")?);
            }
        }
        Ok(plan)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#?}, with these attributes changed: {:#?}", self.changes, self.differences)
    }
}

impl Body {
    /// The attributes that are unknown, or contain an unknown value.
    fn unknown(&self) -> BTreeSet<String> {
        fn any(marks: &Value) -> bool {
            match marks {
                Value::Bool(unknown) => *unknown,
                Value::Array(items) => items.iter().any(any),
                Value::Object(members) => members.values().any(any),
                _ => false,
            }
        }
        let marks = self.after_unknown.as_object().into_iter().flatten();
        marks.filter(|(_, marks)| any(marks)).map(|(name, _)| name.clone()).collect()
    }

    /// The attributes whose value changes or becomes unknown.
    fn differences(&self) -> Vec<String> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else {
            return Vec::new();
        };
        let changed = before.iter().filter(|(name, value)| after.get(*name) != Some(*value));
        changed.map(|(name, _)| name.clone()).collect()
    }
}

impl Change {
    fn of(actions: &[String], replace_paths: &[Vec<Value>]) -> Result<Change> {
        let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
        Ok(match actions[..] {
            ["no-op"] => Change::Plain(PlainChange::NoOp),
            ["create"] => Change::Plain(PlainChange::Create),
            ["update"] => Change::Plain(PlainChange::Update),
            ["delete"] => Change::Plain(PlainChange::Delete),
            ["forget"] => Change::Plain(PlainChange::Forget),
            ["delete", "create"] | ["create", "delete"] => {
                Change::Replace { replace: replace_paths.iter().map(|path| dotted(path)).collect() }
            }
            _ => anyhow::bail!("the plan has actions that are not known here: {actions:?}"),
        })
    }
}

fn dotted(path: &[Value]) -> String {
    let steps = path.iter().map(|step| step.as_str().map_or(step.to_string(), str::to_owned));
    steps.collect::<Vec<_>>().join(".")
}
