//! Reads a state file: objects by address, and outputs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The parts of a state that the checks need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// The managed `ibm_` resources, by address.
    pub(crate) objects: BTreeMap<String, Object>,
    /// The output values, by name.
    pub(crate) outputs: BTreeMap<String, Value>,
}

/// One object in the state.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// The attributes as the file has them.
    pub(crate) attributes: Map<String, Value>,
    /// Whether the next plan replaces it.
    pub(crate) tainted: bool,
}

#[derive(Deserialize)]
struct StateFile {
    outputs: BTreeMap<String, Output>,
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Output {
    value: Value,
}

#[derive(Deserialize)]
struct Resource {
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    index_key: Option<Value>,
    attributes: Map<String, Value>,
    status: Option<String>,
}

impl Snapshot {
    /// Reads a state file. A missing file is an empty state, and so is an empty
    /// file, which Terraform leaves behind if it is killed before it writes.
    pub(crate) fn read(path: &Path) -> Result<Snapshot> {
        let text = if path.exists() { std::fs::read_to_string(path)? } else { String::new() };
        if text.is_empty() {
            return Ok(Snapshot::default());
        }
        let file: StateFile = serde_json::from_str(&text).context("the state file")?;
        let mut snapshot = Snapshot {
            outputs: file.outputs.into_iter().map(|(name, output)| (name, output.value)).collect(),
            ..Snapshot::default()
        };
        for resource in file.resources {
            if resource.mode != "managed" || !resource.kind.starts_with("ibm_") {
                continue;
            }
            for instance in resource.instances {
                let key = instance.index_key.map(|key| format!("[{key}]")).unwrap_or_default();
                let address = format!("{}.{}{key}", resource.kind, resource.name);
                let object = Object {
                    attributes: instance.attributes,
                    tainted: instance.status.as_deref() == Some("tainted"),
                };
                snapshot.objects.insert(address, object);
            }
        }
        Ok(snapshot)
    }

    /// The value of `ADDRESS.ATTRIBUTE`.
    pub(crate) fn lookup(&self, place: &str) -> Option<&Value> {
        let (address, attribute) = place.rsplit_once('.')?;
        self.objects.get(address)?.attributes.get(attribute)
    }

    /// Replaces each `{ADDRESS.ATTRIBUTE}` in `text` that this state has with its
    /// value.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (address, object) in &self.objects {
            for (attribute, value) in &object.attributes {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                filled = filled.replace(&format!("{{{address}.{attribute}}}"), &value);
            }
        }
        filled
    }
}
