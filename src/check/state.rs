//! Which objects a state holds, and for which provider; of values, only those that decide something
//! are kept.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use super::configuration::Source;
use super::served::CHECKED_ARGUMENTS;

/// An object, or all instances of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// The names of the modules that it is in, without keys.
    pub(super) module: Vec<String>,
    /// The address in its module, without keys.
    pub(super) address: String,
    /// Its type.
    pub(super) type_name: String,
    /// The provider that wrote it.
    pub(super) source: Source,
    /// The highest version of a schema that an instance was written with.
    pub(super) schema_version: u64,
    /// The values of [`CHECKED_ARGUMENTS`] that its instances have.
    pub(super) values: BTreeSet<(&'static str, String)>,
}

impl Held {
    fn take(&mut self, schema_version: u64, attributes: &Map<String, Value>) {
        self.schema_version = self.schema_version.max(schema_version);
        self.values.extend(CHECKED_ARGUMENTS.into_iter().filter_map(|name| {
            Some(match attributes.get(name)? {
                Value::String(text) => (name, text.clone()),
                other => (name, other.to_string()),
            })
        }));
    }
}

/// Why a state cannot be read; its text is never repeated.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum StateError {
    #[error(
        "it is neither a state nor the output of `terraform show -json` (line {0}, column {1})"
    )]
    Syntax(usize, usize),
    #[error(
        "it has the format {0}, and this version of the provider reads state version 4 and \
         `terraform show -json` 1.x; use a newer one"
    )]
    Newer(String),
    #[error("it is encrypted; give `tofu show -json` to --state instead")]
    Encrypted,
}

#[derive(Deserialize)]
struct Document {
    version: Option<u64>,
    format_version: Option<String>,
    resources: Option<Vec<Resource>>,
    values: Option<Values>,
    encrypted_data: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Resource {
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    type_name: String,
    name: String,
    provider: String,
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    schema_version: Option<u64>,
    #[serde(default)]
    attributes: Map<String, Value>,
}

#[derive(Deserialize)]
struct Values {
    root_module: Option<Shown>,
}

#[derive(Deserialize)]
struct Shown {
    address: Option<String>,
    #[serde(default)]
    resources: Vec<ShownResource>,
    #[serde(default)]
    child_modules: Vec<Shown>,
}

#[derive(Deserialize)]
struct ShownResource {
    mode: String,
    #[serde(rename = "type")]
    type_name: String,
    name: String,
    provider_name: String,
    #[serde(default)]
    schema_version: u64,
    #[serde(default)]
    values: Map<String, Value>,
}

/// Reads a state file, or what `terraform show -json` prints.
pub(super) fn read(text: &str) -> Result<Vec<Held>, StateError> {
    let document: Document = serde_json::from_str(text)
        .map_err(|error| StateError::Syntax(error.line(), error.column()))?;
    match document {
        Document { encrypted_data: Some(_), .. } => Err(StateError::Encrypted),
        Document { format_version: Some(format), values, .. } => {
            if format.split('.').next() != Some("1") {
                return Err(StateError::Newer(format));
            }
            let mut held = Vec::new();
            shown(values.and_then(|values| values.root_module), &mut held);
            Ok(held)
        }
        Document { version: Some(4), resources, .. } => {
            Ok(resources.unwrap_or_default().into_iter().map(stored).collect())
        }
        Document { version: Some(version), .. } => Err(StateError::Newer(version.to_string())),
        Document { version: None, .. } => Err(StateError::Syntax(1, 1)),
    }
}

fn stored(resource: Resource) -> Held {
    let Resource { module, mode, type_name, name, provider, instances } = resource;
    // As in `module.m.provider["HOST/NAMESPACE/TYPE"].alias`.
    let source = provider.split('"').nth(1).unwrap_or_default();
    let mut held = Held {
        module: names(module.as_deref().unwrap_or_default()),
        address: address(&mode, &type_name, &name),
        source: Source::of(source),
        schema_version: 0,
        values: BTreeSet::new(),
        type_name,
    };
    for instance in instances {
        held.take(instance.schema_version.unwrap_or(0), &instance.attributes);
    }
    held
}

fn shown(module: Option<Shown>, held: &mut Vec<Held>) {
    let Some(Shown { address: module, resources, child_modules }) = module else { return };
    for resource in resources {
        let ShownResource { mode, type_name, name, provider_name, schema_version, values } =
            resource;
        let mut one = Held {
            module: names(module.as_deref().unwrap_or_default()),
            address: address(&mode, &type_name, &name),
            source: Source::of(&provider_name),
            schema_version: 0,
            values: BTreeSet::new(),
            type_name,
        };
        // Each instance is shown; a block counts once.
        match held.iter_mut().find(|old| (&old.module, &old.address) == (&one.module, &one.address))
        {
            Some(old) => old.take(schema_version, &values),
            None => {
                one.take(schema_version, &values);
                held.push(one);
            }
        }
    }
    child_modules.into_iter().for_each(|child| shown(Some(child), held));
}

fn address(mode: &str, type_name: &str, name: &str) -> String {
    match mode {
        "managed" => format!("{type_name}.{name}"),
        mode => format!("{mode}.{type_name}.{name}"),
    }
}

/// The names in `module.a["x"].module.b[0]`; a key may hold any character.
pub(super) fn names(module: &str) -> Vec<String> {
    let mut plain = String::new();
    let (mut in_key, mut in_quotes, mut escaped) = (false, false, false);
    for letter in module.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' if in_key => in_quotes = !in_quotes,
            '[' if !in_quotes => in_key = true,
            ']' if !in_quotes => in_key = false,
            letter if !in_key => plain.push(letter),
            _ => {}
        }
    }
    plain.split('.').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_state_say_the_same() {
        let stored = r#"{"version":4,"resources":[{"module":"module.a[\"x.y]\"].module.b[0]",
            "mode":"managed","type":"ibm_sm_secret_group","name":"g",
            "provider":"module.a.provider[\"registry.terraform.io/ibm-cloud/ibm\"].eu",
            "instances":[{"schema_version":0,"index_key":"k"},{"schema_version":2,
            "attributes":{"ttl":"30d","reuse_api_key":false,"api_key":"s3cr3t"}}]}]}"#;
        let shown = r#"{"format_version":"1.0","values":{"root_module":{"child_modules":[{
            "address":"module.a[\"x.y]\"]","child_modules":[{
            "address":"module.a[\"x.y]\"].module.b[0]","resources":[
            {"mode":"managed","type":"ibm_sm_secret_group","name":"g","schema_version":0,
             "provider_name":"registry.terraform.io/ibm-cloud/ibm"},
            {"mode":"managed","type":"ibm_sm_secret_group","name":"g","schema_version":2,
             "values":{"ttl":"30d","reuse_api_key":false,"api_key":"s3cr3t"},
             "provider_name":"registry.terraform.io/ibm-cloud/ibm"}]}]}]}}}"#;
        let expected = Held {
            module: vec!["a".to_owned(), "b".to_owned()],
            address: "ibm_sm_secret_group.g".to_owned(),
            type_name: "ibm_sm_secret_group".to_owned(),
            source: Source::Official,
            schema_version: 2,
            values: [("reuse_api_key", "false"), ("ttl", "30d")]
                .map(|(name, value)| (name, value.to_owned()))
                .into(),
        };
        for text in [stored, shown] {
            assert_eq!(read(text).unwrap(), std::slice::from_ref(&expected));
        }
    }

    #[test]
    fn what_is_no_state_that_can_be_read_says_why_and_nothing_of_its_text() {
        let newer = |format: &str| Err(StateError::Newer(format.to_owned()));
        for (text, expected) in [
            (r#"{"version":5,"resources":[]}"#, newer("5")),
            (r#"{"format_version":"2.0"}"#, newer("2.0")),
            (r#"{"encrypted_data":"s3cr3t","version":4}"#, Err(StateError::Encrypted)),
            ("{}", Err(StateError::Syntax(1, 1))),
            (r#"{"version":4}"#, Ok(Vec::new())),
            (r#"{"format_version":"1.0"}"#, Ok(Vec::new())),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        let error = read(r#"{"version": s3cr3t"#).unwrap_err();
        assert!(!error.to_string().contains("s3cr3t"), "{error}");
    }
}
