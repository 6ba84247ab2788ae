//! The calls about the provider as a whole.

use std::sync::Arc;

use std::collections::HashMap;

use super::calls::{Diagnosed, add_secrets};
use crate::framework::codec::decode_config;
use crate::framework::context::Context;
use crate::framework::diag::Diagnostics;
use crate::framework::provider::Provider;
use crate::framework::value::Object;
use crate::plugin::convert;
use crate::plugin::proto::tfplugin6 as proto;

/// What the server can do beyond the base protocol.
fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        // Only the first process of a command has to send the schema.
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}

pub(super) async fn get_metadata<P: Provider>(
    provider: Arc<P>,
    _: Context,
    _: proto::get_metadata::Request,
) -> proto::get_metadata::Response {
    use proto::get_metadata::{
        ActionMetadata, DataSourceMetadata, EphemeralResourceMetadata, FunctionMetadata,
        ListResourceMetadata, ResourceMetadata,
    };
    let registry = provider.registry();
    let resources = registry.resources.iter().map(|registered| registered.type_name().to_owned());
    let data_sources =
        registry.data_sources.iter().map(|registered| registered.type_name().to_owned());
    let ephemerals =
        registry.ephemeral_resources.iter().map(|registered| registered.type_name().to_owned());
    let lists = registry.list_resources.iter().map(|registered| registered.type_name().to_owned());
    let actions = registry.actions.iter().map(|registered| registered.type_name().to_owned());
    let functions = registry.functions.iter().map(|registered| registered.name.to_owned());
    proto::get_metadata::Response {
        server_capabilities: Some(capabilities()),
        resources: resources.map(|type_name| ResourceMetadata { type_name }).collect(),
        data_sources: data_sources.map(|type_name| DataSourceMetadata { type_name }).collect(),
        ephemeral_resources: ephemerals
            .map(|type_name| EphemeralResourceMetadata { type_name })
            .collect(),
        list_resources: lists.map(|type_name| ListResourceMetadata { type_name }).collect(),
        actions: actions.map(|type_name| ActionMetadata { type_name }).collect(),
        functions: functions.map(|name| FunctionMetadata { name }).collect(),
        ..Default::default()
    }
}

pub(super) async fn get_schema<P: Provider>(
    provider: Arc<P>,
    _: Context,
    _: proto::get_provider_schema::Request,
) -> proto::get_provider_schema::Response {
    let registry = provider.registry();
    let resources = registry.resources.iter();
    let data_sources = registry.data_sources.iter();
    let ephemerals = registry.ephemeral_resources.iter();
    let lists = registry.list_resources.iter();
    let actions = registry.actions.iter();
    proto::get_provider_schema::Response {
        provider: Some(convert::schema(provider.schema())),
        resource_schemas: resources
            .map(|registered| {
                (registered.type_name().to_owned(), convert::schema(registered.schema()))
            })
            .collect(),
        data_source_schemas: data_sources
            .map(|registered| {
                (registered.type_name().to_owned(), convert::schema(registered.schema()))
            })
            .collect(),
        ephemeral_resource_schemas: ephemerals
            .map(|registered| {
                (registered.type_name().to_owned(), convert::schema(registered.schema()))
            })
            .collect(),
        list_resource_schemas: lists
            .map(|registered| {
                (registered.type_name().to_owned(), convert::schema(registered.schema()))
            })
            .collect(),
        action_schemas: actions
            .map(|registered| {
                let schema = Some(convert::schema(registered.schema()));
                (registered.type_name().to_owned(), proto::ActionSchema { schema })
            })
            .collect(),
        functions: functions(&*provider),
        server_capabilities: Some(capabilities()),
        ..Default::default()
    }
}

pub(super) async fn get_identities<P: Provider>(
    provider: Arc<P>,
    _: Context,
    _: proto::get_resource_identity_schemas::Request,
) -> proto::get_resource_identity_schemas::Response {
    proto::get_resource_identity_schemas::Response {
        identity_schemas: provider
            .registry()
            .resources
            .iter()
            .map(|registered| {
                (registered.type_name().to_owned(), convert::identity_schema(&**registered))
            })
            .collect(),
        diagnostics: Vec::new(),
    }
}

pub(super) fn functions(provider: &impl Provider) -> HashMap<String, proto::Function> {
    let functions = provider.registry().functions.iter();
    functions
        .map(|registered| (registered.name.to_owned(), convert::function(registered)))
        .collect()
}

pub(super) async fn validate<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::validate_provider_config::Request,
) -> proto::validate_provider_config::Response {
    Diagnosed::only(match config(&*provider, request.config.as_ref()) {
        Ok(config) => provider.validate(&config),
        Err(diagnostics) => diagnostics,
    })
}

pub(super) async fn configure<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::configure_provider::Request,
) -> proto::configure_provider::Response {
    Diagnosed::only(match config(&*provider, request.config.as_ref()) {
        Ok(config) => provider.configure(&config),
        Err(diagnostics) => diagnostics,
    })
}

/// The provider block; without one, every attribute is null.
fn config(
    provider: &impl Provider,
    value: Option<&proto::DynamicValue>,
) -> Result<Object, Diagnostics> {
    let config = decode_config(provider.schema(), convert::encoded(value))?;
    add_secrets(provider.known_secrets(), provider.schema(), Some(&config));
    Ok(config)
}
