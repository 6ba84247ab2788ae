//! The calls about the provider as a whole.

use super::proto;
use super::serve::Diagnosed;
use crate::framework::codec::decode;
use crate::framework::diag::Diagnostics;
use crate::framework::resource::Provider;
use crate::framework::value::Object;
use crate::plugin::convert;

/// What the server can do beyond the base protocol.
fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        // Every process after the first of a command may skip the schema.
        get_provider_schema_optional: true,
        move_resource_state: false,
        generate_resource_config: false,
    }
}

pub(super) fn get_metadata(provider: &impl Provider) -> proto::get_metadata::Response {
    use proto::get_metadata::ResourceMetadata;
    proto::get_metadata::Response {
        server_capabilities: Some(capabilities()),
        resources: provider
            .resources()
            .iter()
            .map(|resource| ResourceMetadata { type_name: resource.type_name().to_owned() })
            .collect(),
        ..Default::default()
    }
}

pub(super) fn get_schema(provider: &impl Provider) -> proto::get_provider_schema::Response {
    proto::get_provider_schema::Response {
        provider: Some(convert::schema(&provider.fields().schema())),
        resource_schemas: provider
            .resources()
            .iter()
            .map(|resource| {
                let schema = convert::schema(&resource.fields().schema());
                (resource.type_name().to_owned(), schema)
            })
            .collect(),
        server_capabilities: Some(capabilities()),
        ..Default::default()
    }
}

pub(super) fn validate(
    provider: &impl Provider,
    request: &proto::validate_provider_config::Request,
) -> proto::validate_provider_config::Response {
    Diagnosed::only(match config(provider, request.config.as_ref()) {
        Ok(config) => provider.validate(&config),
        Err(diagnostics) => diagnostics,
    })
}

pub(super) fn configure(
    provider: &impl Provider,
    request: &proto::configure_provider::Request,
) -> proto::configure_provider::Response {
    Diagnosed::only(match config(provider, request.config.as_ref()) {
        Ok(config) => provider.configure(&config),
        Err(diagnostics) => diagnostics,
    })
}

/// The provider block; without one, every attribute is null.
fn config(
    provider: &impl Provider,
    value: Option<&proto::DynamicValue>,
) -> Result<Object, Diagnostics> {
    Ok(decode(provider.fields(), convert::encoded(value))?.unwrap_or_default())
}
