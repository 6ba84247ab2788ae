//! The schema as Terraform gets it, from the real binary.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ibm_sm_provider::plugin::proto::tfplugin6::{self, get_provider_schema};
use serde_json::{Map, Value, json};

use crate::support::plugin::Launch;

/// The flags in which ours deliberately differs from the official schema; DESIGN.md
/// says why.
const DIFFERENCES: &[(&str, &str)] = &[
    ("ibm_sm_iam_credentials_secret.reuse_api_key", "computed"),
    ("ibm_sm_iam_credentials_configuration.disabled", "computed"),
    ("ibm_sm_iam_credentials_configuration.api_key", "required"),
    ("ibm_sm_iam_credentials_configuration.api_key", "optional"),
    ("ibm_sm_iam_credentials_secret.description", "computed"),
    ("ibm_sm_iam_credentials_secret.version_custom_metadata", "computed"),
    ("ibm_sm_secret_group.description", "computed"),
    ("ibm_sm_arbitrary_secret.description", "computed"),
    ("ibm_sm_arbitrary_secret.version_custom_metadata", "computed"),
    ("ibm_sm_iam_credentials_secret.id", "optional"),
    ("ibm_sm_iam_credentials_configuration.id", "optional"),
    ("ibm_sm_secret_group.id", "optional"),
    ("ibm_sm_arbitrary_secret.payload", "required"),
    ("ibm_sm_arbitrary_secret.payload", "optional"),
    ("ibm_sm_arbitrary_secret.payload", "computed"),
    ("ibm_sm_arbitrary_secret.expiration_date", "computed"),
    ("ibm_sm_arbitrary_secret.id", "optional"),
    ("data.ibm_sm_iam_credentials_secret.id", "optional"),
    ("data.ibm_sm_iam_credentials_secret_metadata.id", "optional"),
    ("data.ibm_sm_iam_credentials_configuration.id", "optional"),
    ("data.ibm_sm_secret_group.id", "optional"),
    ("data.ibm_sm_arbitrary_secret.id", "optional"),
    ("data.ibm_sm_arbitrary_secret_metadata.id", "optional"),
    ("data.ibm_sm_secret_groups.id", "optional"),
];

/// The attributes that our data sources have in addition to the official ones.
const ADDITIONS: &[&str] = &["data.ibm_sm_secret_group.created_by"];

async fn schema() -> get_provider_schema::Response {
    let plugin = Launch::by_terraform().start().await;
    let mut connection = plugin.connect().await;
    let request = get_provider_schema::Request::default();
    let response = connection.provider.get_provider_schema(request).await.unwrap().into_inner();
    connection.shutdown().await;
    plugin.exit_in_time().await;
    response
}

/// The attributes and nested blocks of a schema, by name.
fn attributes(schema: &tfplugin6::Schema) -> BTreeMap<String, Value> {
    members(schema.block.as_ref().unwrap())
}

fn members(block: &tfplugin6::schema::Block) -> BTreeMap<String, Value> {
    let attributes = block.attributes.iter().map(|attribute| {
        let mut flags = Map::new();
        for (name, set) in [
            ("required", attribute.required),
            ("optional", attribute.optional),
            ("computed", attribute.computed),
            ("sensitive", attribute.sensitive),
            ("deprecated", attribute.deprecated),
            ("write_only", attribute.write_only),
        ] {
            if set {
                flags.insert(name.to_owned(), json!(true));
            }
        }
        flags.insert("type".to_owned(), parsed_type(&attribute.r#type));
        (attribute.name.clone(), Value::Object(flags))
    });
    let blocks = block.block_types.iter().map(|nested| {
        let block = members(nested.block.as_ref().unwrap());
        let nesting = nested.nesting().as_str_name();
        (nested.type_name.clone(), json!({"nesting": nesting, "block": block}))
    });
    attributes.chain(blocks).collect()
}

fn parsed_type(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap()
}

fn golden(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The official block `rotation` is an attribute here; its value is the same.
fn as_attribute(block: &Value) -> Value {
    let members: Map<String, Value> = block["block"]["attributes"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, attribute)| (name.clone(), attribute["type"].clone()))
        .collect();
    json!({"type": ["list", ["object", members]], "optional": true, "computed": true})
}

/// The official attributes of a resource or data source at `address`, with the
/// intended differences.
fn expected(address: &str, official: &Value) -> BTreeMap<String, Value> {
    let mut attributes = official["block"]["attributes"].as_object().unwrap().clone();
    if let Some(blocks) = official["block"]["block_types"].as_object() {
        attributes.extend(blocks.iter().map(|(name, block)| (name.clone(), as_attribute(block))));
    }
    for (name, attribute) in &mut attributes {
        let path = format!("{address}.{name}");
        for (_, flag) in DIFFERENCES.iter().filter(|(differs, _)| *differs == path) {
            let flags = attribute.as_object_mut().unwrap();
            if flags.remove(*flag).is_none() {
                flags.insert((*flag).to_owned(), json!(true));
            }
        }
    }
    attributes.into_iter().collect()
}

#[tokio::test]
async fn every_attribute_of_the_official_resources_exists_with_its_type_and_flags() {
    let ours = schema().await;
    let official = golden("official-schema.json");
    let resources = official["resource_schemas"].as_object().unwrap();
    assert_eq!(resources.len(), 4);
    for (resource, schema) in resources {
        let ours = attributes(&ours.resource_schemas[resource]);
        for (name, attribute) in expected(resource, schema) {
            assert_eq!(ours.get(&name), Some(&attribute), "{resource}.{name}");
        }
    }
}

#[tokio::test]
async fn the_data_sources_are_the_official_ones_and_a_little_more() {
    let ours = schema().await;
    let official = golden("official-schema.json");
    let sources = official["data_source_schemas"].as_object().unwrap();
    assert_eq!(sources.len(), 7);
    for (source, schema) in sources {
        let address = format!("data.{source}");
        let mut ours = attributes(&ours.data_source_schemas[source]);
        for (name, attribute) in expected(&address, schema) {
            assert_eq!(ours.remove(&name), Some(attribute), "{address}.{name}");
        }
        for name in ours.into_keys() {
            let path = format!("{address}.{name}");
            assert!(ADDITIONS.contains(&path.as_str()), "{path}");
        }
    }
}

#[tokio::test]
async fn every_argument_of_the_official_provider_block_is_accepted() {
    let ours = attributes(&schema().await.provider.unwrap());
    let official = golden("official-schema.json");
    let arguments = official["provider"]["attributes"].as_object().unwrap();
    assert!(arguments.len() > 20);
    for (name, argument) in arguments {
        let ours = &ours[name];
        assert_eq!(ours["type"], argument["type"], "{name}");
        assert_eq!(ours["optional"], json!(true), "{name}");
        assert_eq!(ours.get("deprecated"), argument.get("deprecated"), "{name}");
    }
}

/// All schemas of one category, by type name.
fn schemas<'a>(
    of: impl IntoIterator<Item = (&'a String, &'a tfplugin6::Schema)>,
) -> BTreeMap<&'a str, Value> {
    of.into_iter()
        .map(|(name, schema)| {
            assert_eq!(schema.version, 0, "{name}");
            (name.as_str(), json!(attributes(schema)))
        })
        .collect()
}

/// The schemas of actions, by type name.
fn actions(
    schema: &get_provider_schema::Response,
) -> impl Iterator<Item = (&String, &tfplugin6::Schema)> {
    schema.action_schemas.iter().map(|(name, action)| (name, action.schema.as_ref().unwrap()))
}

/// A function's parameters and result.
fn signature(function: &tfplugin6::Function) -> Value {
    assert_eq!(function.variadic_parameter, None);
    let parameters: Vec<Value> = function
        .parameters
        .iter()
        .map(|parameter| {
            assert!(!parameter.allow_null_value && !parameter.allow_unknown_values);
            json!({"name": parameter.name, "type": parsed_type(&parameter.r#type)})
        })
        .collect();
    json!({"parameters": parameters, "return": parsed_type(&function.r#return.as_ref().unwrap().r#type)})
}

#[tokio::test]
async fn the_schema_is_the_one_that_was_reviewed() {
    let schema = schema().await;
    let functions: BTreeMap<_, _> =
        schema.functions.iter().map(|(name, function)| (name, signature(function))).collect();
    let current = json!({
        "provider": attributes(schema.provider.as_ref().unwrap()),
        "resources": schemas(&schema.resource_schemas),
        "data_sources": schemas(&schema.data_source_schemas),
        "ephemeral_resources": schemas(&schema.ephemeral_resource_schemas),
        "list_resources": schemas(&schema.list_resource_schemas),
        "actions": schemas(actions(&schema)),
        "functions": functions,
    });
    assert_eq!(
        current,
        golden("schema.json"),
        "if the change is meant, replace tests/golden/schema.json by this:\n{}",
        serde_json::to_string_pretty(&current).unwrap()
    );
}

#[tokio::test]
async fn everything_is_described_and_every_key_is_sensitive() {
    let schema = schema().await;
    let provider = "provider".to_owned();
    let all = schema
        .provider
        .iter()
        .map(|schema| (&provider, schema))
        .chain(&schema.resource_schemas)
        .chain(&schema.data_source_schemas)
        .chain(&schema.ephemeral_resource_schemas)
        .chain(&schema.list_resource_schemas)
        .chain(actions(&schema));
    let mut sensitive = 0;
    for (name, schema) in all {
        let block = schema.block.as_ref().unwrap();
        assert!(block.description.len() > 20, "{name}");
        for nested in &block.block_types {
            let described = nested.block.as_ref().unwrap().description.len() > 10;
            assert!(described, "{name}.{} is not described", nested.type_name);
        }
        for attribute in &block.attributes {
            let path = format!("{name}.{}", attribute.name);
            assert!(attribute.description.len() > 10, "{path} is not described");
            if attribute.computed && !attribute.optional {
                let argument = ["Default:", "needed", "required", "Off by default"];
                let found = argument.iter().find(|words| attribute.description.contains(*words));
                assert_eq!(found, None, "{path} is not an argument");
            }
            let secret = ["api_key", "api_key_wo", "_token", "payload", "payload_wo"]
                .iter()
                .any(|secret| attribute.name.ends_with(secret));
            if secret && parsed_type(&attribute.r#type) == "string" {
                assert!(attribute.sensitive, "{path} is not sensitive");
                sensitive += 1;
            }
        }
    }
    assert!(sensitive >= 10, "{sensitive}");
    for (name, function) in &schema.functions {
        assert!(function.summary.len() > 10 && function.description.len() > 20, "{name}");
        for parameter in &function.parameters {
            assert!(parameter.description.len() > 10, "{name}({})", parameter.name);
        }
    }
}

/// The command `check` says what the way back has to remove.
#[tokio::test]
async fn check_knows_what_the_official_provider_lacks() {
    use ibm_sm_provider::check::{OWN_ARGUMENTS, OWN_ATTRIBUTES, OWN_PROVIDER_ARGUMENTS};
    let ours = schema().await;
    let official = golden("official-schema.json");
    let lacks = |ours: &tfplugin6::Schema, official: &Value, written: bool| -> Vec<String> {
        let known = |name: &str| {
            // The provider block of the golden file has no version around it.
            let block = official.get("block").unwrap_or(official);
            block["attributes"].get(name).or_else(|| block["block_types"].get(name)).is_some()
        };
        let ours = attributes(ours).into_iter().filter(|(name, attribute)| {
            // What is computed only cannot be written.
            let configurable = attribute["optional"] == true
                || attribute["required"] == true
                || attribute["nesting"].is_string();
            configurable == written && !known(name)
        });
        ours.map(|(name, _)| name).collect()
    };
    let listed = |own: &[(&str, &'static [&'static str])], name: &str| -> &'static [&'static str] {
        own.iter().find(|(listed, _)| *listed == name).map_or(&[], |(_, names)| names)
    };
    for (resource, schema) in official["resource_schemas"].as_object().unwrap() {
        let ours = &ours.resource_schemas[resource];
        assert_eq!(lacks(ours, schema, true), listed(OWN_ARGUMENTS, resource), "{resource}");
        assert_eq!(lacks(ours, schema, false), listed(OWN_ATTRIBUTES, resource), "{resource}");
    }
    for (data_source, schema) in official["data_source_schemas"].as_object().unwrap() {
        let ours = &ours.data_source_schemas[data_source];
        assert_eq!(lacks(ours, schema, true), [""; 0], "{data_source}");
        let name = format!("data.{data_source}");
        assert_eq!(lacks(ours, schema, false), listed(OWN_ATTRIBUTES, &name), "{name}");
    }
    let provider = ours.provider.as_ref().unwrap();
    assert_eq!(lacks(provider, &official["provider"], true), OWN_PROVIDER_ARGUMENTS);
}
