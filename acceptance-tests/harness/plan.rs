//! Reads a plan as `terraform show -json` prints it: what changes, and why an
//! object is replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::expect::{Change, Reason};

/// A plan, as far as tests look at it.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What happens to objects of IBM's types, by address; nothing is left out.
    pub(crate) changes: BTreeMap<String, Change>,
    /// The attributes that change, by address, for messages.
    differences: BTreeMap<String, Vec<String>>,
    /// The attributes that are known after apply, by address.
    pub(crate) unknown: BTreeMap<String, BTreeSet<String>>,
    /// Objects that the plan imports, as the provider imported them.
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
    /// The plan in this JSON text.
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
                plan.imported.insert(address, change.before.context("an import without a state")?);
            }
        }
        Ok(plan)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#?}, which changes {:#?}", self.changes, self.differences)
    }
}

impl Body {
    /// Names of attributes that are, or hold, something that is not known yet.
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

    /// Names of attributes whose value is another one afterwards, or unknown.
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
            ["no-op"] => Change::Plain(Reason::NoOp),
            ["create"] => Change::Plain(Reason::Create),
            ["update"] => Change::Plain(Reason::Update),
            ["delete"] => Change::Plain(Reason::Delete),
            ["forget"] => Change::Plain(Reason::Forget),
            ["delete", "create"] | ["create", "delete"] => {
                Change::Replace { replace: replace_paths.iter().map(|path| dotted(path)).collect() }
            }
            _ => anyhow::bail!("the plan has unknown actions {actions:?}"),
        })
    }
}

fn dotted(path: &[Value]) -> String {
    let steps = path.iter().map(|step| step.as_str().map_or(step.to_string(), str::to_owned));
    steps.collect::<Vec<_>>().join(".")
}
