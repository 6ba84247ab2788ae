//! The schema as Terraform gets it, from the real binary.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ibm_sm_provider::plugin::proto::tfplugin6::{self, get_provider_schema};
use serde_json::{Map, Value, json};

use crate::support::plugin::Launch;

/// Where ours differs from the official schema on purpose, and how: DESIGN.md
/// says why.
const DIFFERENCES: &[(&str, &str)] = &[
    ("ibm_sm_iam_credentials_secret.reuse_api_key", "computed"),
    ("ibm_sm_iam_credentials_configuration.disabled", "computed"),
    ("ibm_sm_iam_credentials_configuration.api_key", "required"),
    ("ibm_sm_iam_credentials_configuration.api_key", "optional"),
    ("ibm_sm_iam_credentials_secret.id", "optional"),
    ("ibm_sm_iam_credentials_configuration.id", "optional"),
    ("ibm_sm_secret_group.id", "optional"),
];

async fn schema() -> get_provider_schema::Response {
    let plugin = Launch::by_terraform().start().await;
    let mut connection = plugin.connect().await;
    let request = get_provider_schema::Request::default();
    let answer = connection.provider.get_provider_schema(request).await.unwrap().into_inner();
    connection.shutdown().await;
    plugin.exit_in_time().await;
    answer
}

fn attributes(schema: &tfplugin6::Schema) -> BTreeMap<String, Value> {
    let block = schema.block.as_ref().unwrap();
    let blocks = block.block_types.iter().map(|nested| {
        let inner = tfplugin6::Schema { block: nested.block.clone(), version: 0 };
        (nested.type_name.clone(), json!({"block": attributes(&inner)}))
    });
    let plain = block.attributes.iter().map(|attribute| {
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
        let kind: Value = serde_json::from_slice(&attribute.r#type).unwrap();
        flags.insert("type".to_owned(), kind);
        (attribute.name.clone(), Value::Object(flags))
    });
    plain.chain(blocks).collect()
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

#[tokio::test]
async fn every_attribute_of_the_official_resources_is_there_with_its_type_and_kind() {
    let ours = schema().await;
    let official = golden("official-schema.json");
    let resources = official["resource_schemas"].as_object().unwrap();
    assert_eq!(resources.len(), 3);
    for (resource, schema) in resources {
        let ours = attributes(&ours.resource_schemas[resource]);
        let mut expected = schema["block"]["attributes"].as_object().unwrap().clone();
        if let Some(blocks) = schema["block"]["block_types"].as_object() {
            expected.extend(blocks.iter().map(|(name, block)| (name.clone(), as_attribute(block))));
        }
        for (name, mut attribute) in expected {
            let path = format!("{resource}.{name}");
            for (_, flag) in DIFFERENCES.iter().filter(|(differs, _)| *differs == path) {
                let flags = attribute.as_object_mut().unwrap();
                if flags.remove(*flag).is_none() {
                    flags.insert((*flag).to_owned(), json!(true));
                }
            }
            assert_eq!(ours.get(&name), Some(&attribute), "{path}");
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

#[tokio::test]
async fn the_schema_is_the_one_that_was_reviewed() {
    let schema = schema().await;
    let resources: BTreeMap<_, _> = schema
        .resource_schemas
        .iter()
        .map(|(name, schema)| {
            assert_eq!(schema.version, 0, "{name}");
            (name, attributes(schema))
        })
        .collect();
    let current = json!({
        "provider": attributes(schema.provider.as_ref().unwrap()),
        "resources": resources,
    });
    assert_eq!(
        current,
        golden("schema.json"),
        "if the change is meant, replace tests/golden/schema.json by this:\n{}",
        serde_json::to_string_pretty(&current).unwrap()
    );
}

#[tokio::test]
async fn everything_is_described_and_every_key_is_hidden() {
    let schema = schema().await;
    let provider = schema.provider.iter().map(|schema| ("provider", schema));
    let resources = schema.resource_schemas.iter().map(|(name, schema)| (name.as_str(), schema));
    let mut hidden = 0;
    for (name, schema) in provider.chain(resources) {
        let block = schema.block.as_ref().unwrap();
        assert!(block.description.len() > 20, "{name}");
        for attribute in &block.attributes {
            let path = format!("{name}.{}", attribute.name);
            assert!(attribute.description.len() > 10, "{path} is not described");
            let flag = attribute.r#type == b"\"bool\"";
            let secret =
                ["api_key", "api_key_wo", "_token"].iter().any(|end| attribute.name.ends_with(end));
            if secret && !flag {
                assert!(attribute.sensitive, "{path} is not hidden");
                hidden += 1;
            }
        }
    }
    assert!(hidden >= 6, "{hidden}");
}
