//! Required arguments that are null, as modules hand them on, empty, or a CRN: in every type that
//! is served.

use ibm_sm_provider::plugin::proto::tfplugin6::{self as proto, get_provider_schema};
use serde_json::{Map, Value, json};

use crate::support::core::encode;
use crate::support::session::{Said, Session, said};

/// What a type is served as.
#[derive(Clone, Copy, Debug)]
enum Category {
    Resource,
    DataSource,
    Ephemeral,
    List,
    Action,
}

/// Every type, with the names of its required arguments.
async fn types(session: &mut Session) -> Vec<(Category, String, Vec<String>)> {
    let request = get_provider_schema::Request::default();
    let all = session.provider.get_provider_schema(request).await.unwrap().into_inner();
    let required = |schema: &proto::Schema| -> Vec<String> {
        let attributes = schema.block.as_ref().unwrap().attributes.iter();
        attributes.filter(|one| one.required).map(|one| one.name.clone()).collect()
    };
    let actions = all.action_schemas.into_iter().map(|(name, action)| {
        let schema = action.schema.unwrap();
        (Category::Action, name, schema)
    });
    let others = [
        (Category::Resource, all.resource_schemas),
        (Category::DataSource, all.data_source_schemas),
        (Category::Ephemeral, all.ephemeral_resource_schemas),
        (Category::List, all.list_resource_schemas),
    ];
    let others = others.into_iter().flat_map(|(category, schemas)| {
        schemas.into_iter().map(move |(name, schema)| (category, name, schema))
    });
    actions
        .chain(others)
        .map(|(category, name, schema)| (category, name, required(&schema)))
        .collect()
}

async fn validate(
    session: &mut Session,
    category: Category,
    type_name: &str,
    config: &Value,
) -> Vec<Said> {
    let (provider, type_name) = (&mut session.provider, type_name.to_owned());
    let config = Some(encode(config));
    said(match category {
        Category::Resource => {
            let request = proto::validate_resource_config::Request {
                type_name,
                config,
                ..Default::default()
            };
            provider.validate_resource_config(request).await.unwrap().into_inner().diagnostics
        }
        Category::DataSource => {
            let request = proto::validate_data_resource_config::Request { type_name, config };
            provider.validate_data_resource_config(request).await.unwrap().into_inner().diagnostics
        }
        Category::Ephemeral => {
            let request = proto::validate_ephemeral_resource_config::Request { type_name, config };
            let answer = provider.validate_ephemeral_resource_config(request).await.unwrap();
            answer.into_inner().diagnostics
        }
        Category::List => {
            let request = proto::validate_list_resource_config::Request {
                type_name,
                config,
                ..Default::default()
            };
            provider.validate_list_resource_config(request).await.unwrap().into_inner().diagnostics
        }
        Category::Action => {
            let request = proto::validate_action_config::Request { action_type: type_name, config };
            provider.validate_action_config(request).await.unwrap().into_inner().diagnostics
        }
    })
}

#[tokio::test]
async fn a_required_argument_that_is_null_is_said_to_be_required() {
    let mut session = Session::start().await;
    let types = types(&mut session).await;
    assert_eq!(types.len(), 19, "{types:?}");
    for (category, name, required) in types {
        assert!(required.contains(&"instance_id".to_owned()), "{category:?} {name}");
        let config: Map<_, _> = required.iter().map(|one| (one.clone(), Value::Null)).collect();
        let found = validate(&mut session, category, &name, &config.into()).await;
        let mut missing: Vec<String> = Vec::new();
        for one in found.into_iter().filter(|one| one.summary == "Missing required argument") {
            let text = format!("The argument {} is required, and its value is null", one.path);
            assert!(one.detail.starts_with(&text), "{category:?} {name}: {}", one.detail);
            missing.push(one.path);
        }
        missing.sort();
        assert_eq!(missing, required, "{category:?} {name}");
    }
}

#[tokio::test]
async fn an_instance_id_that_is_empty_or_a_crn_is_refused_by_every_type() {
    let mut session = Session::start().await;
    let crn = "crn:v1:bluemix:public:secrets-manager:eu-de:a/0123:g-1::";
    for (category, name, _) in types(&mut session).await {
        for (instance_id, part) in [
            ("", "must be the GUID of a service instance. It is \"\"."),
            (
                crn,
                "This CRN contains instance_id \"g-1\", region \"eu-de\"; the function parse_crn",
            ),
        ] {
            let config = json!({ "instance_id": instance_id });
            let found = validate(&mut session, category, &name, &config).await;
            let about: Vec<&Said> =
                found.iter().filter(|said| said.path == "instance_id").collect();
            let [said] = about[..] else { panic!("{category:?} {name}: {found:?}") };
            assert!(said.detail.contains(part), "{category:?} {name}: {}", said.detail);
        }
    }
}
