//! The calls about managed resources.
//!
//! A response without a new state means, to Terraform, that the object is gone
//! (plugin-protocol.md 4.5): where a call fails before it reaches the resource,
//! the response contains the errors and the unchanged state.

use std::sync::Arc;

use super::calls::{Diagnosed, add_secrets};
use crate::framework::codec::{
    Encoded, decode, decode_attributes, decode_config, encode, encode_value,
};
use crate::framework::context::Context;
use crate::framework::diag::{AttributePath, Diagnostics, Report, error, path};
use crate::framework::identity::{identity, identity_schema, import_by_identity};
use crate::framework::move_state::{self, Source};
use crate::framework::provider::Provider;
use crate::framework::resource::{AnyResource, Change, Stored};
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::{Object, ValueAny, attribute};
use crate::plugin::convert::{self, attribute_path, dynamic_value, encoded};
use crate::plugin::proto::tfplugin6 as proto;

type Value = Option<proto::DynamicValue>;
type Identity = Option<proto::ResourceIdentityData>;

pub(super) async fn validate<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::validate_resource_config::Request,
) -> proto::validate_resource_config::Response {
    let check = || {
        let resource = provider.registry().resource(&request.type_name)?;
        let schema = resource.schema();
        let config = decode_config(schema, encoded(request.config.as_ref()))?;
        add_secrets(provider.known_secrets(), schema, Some(&config));
        let mut diagnostics = resource.validate(&config);
        let capabilities = request.client_capabilities.unwrap_or_default();
        if !capabilities.write_only_attributes_allowed {
            diagnostics.add_diagnostics(write_only_refused(resource.schema(), &config));
        }
        Ok(diagnostics)
    };
    Diagnosed::only(check().unwrap_or_else(|diagnostics| diagnostics))
}

/// A Terraform version without write-only attributes would store their values.
fn write_only_refused(schema: &Schema, config: &Object) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let given = |name: &str| *attribute(config, name) != ValueAny::Null;
    for attribute in schema.iter().filter(|attribute| attribute.write_only && given(attribute.name))
    {
        diagnostics.add_diagnostics(error(
            path(attribute.name),
            "Write-only attribute needs a newer Terraform",
            format!(
                "{} is write-only, which needs Terraform 1.11 or OpenTofu 1.11. This version would \
                 store the value in its state: use a newer one, or the argument without _wo.",
                attribute.name
            ),
        ));
    }
    diagnostics
}

pub(super) async fn upgrade<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::upgrade_resource_state::Request,
) -> proto::upgrade_resource_state::Response {
    let upgrade = || {
        let schema = provider.registry().resource(&request.type_name)?.schema();
        if request.version > Schema::VERSION {
            return Err(newer_state(&request.type_name, request.version));
        }
        let raw = request.raw_state.as_ref().map_or(&[][..], |raw| &raw.json);
        let state = decode(schema, Encoded::Json(raw))?;
        add_secrets(provider.known_secrets(), schema, state.as_ref());
        Ok(proto::upgrade_resource_state::Response {
            upgraded_state: dynamic_value(encode(schema, state.as_ref())?),
            diagnostics: Vec::new(),
        })
    };
    upgrade().unwrap_or_else(Diagnosed::only)
}

pub(super) async fn upgrade_identity<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::upgrade_resource_identity::Request,
) -> proto::upgrade_resource_identity::Response {
    let upgrade = || {
        let resource = provider.registry().resource(&request.type_name)?;
        let raw = request.raw_identity.as_ref().map_or(&[][..], |raw| &raw.json);
        let identity = decode_attributes(identity_attributes(resource), Encoded::Json(raw))?;
        Ok(proto::upgrade_resource_identity::Response {
            upgraded_identity: identity.as_ref().map(identity_data).transpose()?,
            diagnostics: Vec::new(),
        })
    };
    upgrade().unwrap_or_else(Diagnosed::only)
}

pub(super) async fn moved<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::move_resource_state::Request,
) -> proto::move_resource_state::Response {
    let moved = || {
        let resource = provider.registry().resource(&request.target_type_name)?;
        let source = Source {
            provider: &request.source_provider_address,
            type_name: &request.source_type_name,
            schema_version: request.source_schema_version,
            json: request.source_state.as_ref().map_or(&[][..], |raw| &raw.json),
        };
        let stored = move_state::moved(resource, source, provider.understood_providers())?;
        add_secrets(provider.known_secrets(), resource.schema(), stored.state.as_ref());
        Ok(proto::move_resource_state::Response {
            target_identity: identity_of(resource, stored.state.as_ref())?,
            target_state: dynamic_value(encode(resource.schema(), stored.state.as_ref())?),
            target_private: stored.private,
            diagnostics: Vec::new(),
        })
    };
    moved().unwrap_or_else(Diagnosed::only)
}

/// The identity as Terraform stores it; `None` until all of it is known.
fn identity_of(
    resource: &dyn AnyResource,
    state: Option<&Object>,
) -> Result<Identity, Diagnostics> {
    state
        .and_then(|state| identity(resource.identity(), state))
        .as_ref()
        .map(identity_data)
        .transpose()
}

fn identity_attributes(resource: &dyn AnyResource) -> impl Iterator<Item = &Attribute> {
    identity_schema(resource).map(|(_, attribute)| attribute)
}

fn identity_data(identity: &Object) -> Result<proto::ResourceIdentityData, Diagnostics> {
    Ok(proto::ResourceIdentityData { identity_data: dynamic_value(encode_value(identity)?) })
}

fn newer_state(type_name: &str, version: i64) -> Diagnostics {
    error(
        AttributePath::root(),
        format!("State of {type_name} from a newer provider"),
        format!(
            "The state has schema version {version}, which this version of the provider does not \
             support. Use the provider version that wrote it, or a newer one."
        ),
    )
}

pub(super) async fn read<P: Provider>(
    provider: Arc<P>,
    context: Context,
    request: proto::read_resource::Request,
) -> proto::read_resource::Response {
    let proto::read_resource::Request {
        type_name, current_state, private, current_identity, ..
    } = request;
    let respond = |stored: Encodable, identity: Identity| proto::read_resource::Response {
        new_state: stored.state,
        private: stored.private,
        diagnostics: convert::diagnostics(stored.diagnostics),
        new_identity: identity,
        deferred: None,
    };
    let unchanged = |diagnostics: Diagnostics| {
        let state = current_state.clone();
        respond(
            Encodable { state, private: private.clone(), diagnostics },
            current_identity.clone(),
        )
    };
    let prepared = provider.registry().resource(&type_name).and_then(|resource| {
        Ok((resource, object(&*provider, resource.schema(), &current_state)?))
    });
    let (resource, prior) = match prepared {
        Ok((resource, Some(prior))) => (resource, prior),
        Ok((_, None)) => return unchanged(Diagnostics::default()),
        Err(diagnostics) => return unchanged(diagnostics),
    };
    let report = resource.read(context, prior, private.clone()).await;
    match identity_of(resource, report.value.state.as_ref()) {
        Ok(identity) => respond(
            encodable(resource.schema(), report, current_state.clone()),
            identity.or_else(|| current_identity.clone()),
        ),
        Err(bug) => unchanged(bug),
    }
}

pub(super) async fn plan<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::plan_resource_change::Request,
) -> proto::plan_resource_change::Response {
    let plan = || {
        let resource = provider.registry().resource(&request.type_name)?;
        let schema = resource.schema();
        let Report { value: planned, diagnostics } = resource.plan(
            object(&*provider, schema, &request.prior_state)?,
            object(&*provider, schema, &request.proposed_new_state)?,
            object(&*provider, schema, &request.config)?,
            &request.prior_private,
        );
        Ok(proto::plan_resource_change::Response {
            planned_state: dynamic_value(encode(schema, planned.state.as_ref())?),
            requires_replace: planned
                .requires_replace
                .into_iter()
                .filter_map(attribute_path)
                .collect(),
            planned_private: planned.private,
            planned_identity: request.prior_identity.clone(),
            diagnostics: convert::diagnostics(diagnostics),
            ..Default::default()
        })
    };
    plan().unwrap_or_else(Diagnosed::only)
}

pub(super) async fn apply<P: Provider>(
    provider: Arc<P>,
    context: Context,
    request: proto::apply_resource_change::Request,
) -> proto::apply_resource_change::Response {
    let proto::apply_resource_change::Request {
        type_name,
        prior_state,
        planned_state,
        config,
        planned_private,
        planned_identity,
        ..
    } = request;
    let respond = |stored: Encodable, identity: Identity| proto::apply_resource_change::Response {
        new_state: stored.state,
        private: stored.private,
        diagnostics: convert::diagnostics(stored.diagnostics),
        new_identity: identity,
        ..Default::default()
    };
    let unchanged = |diagnostics: Diagnostics| {
        let (state, private) = (prior_state.clone(), planned_private.clone());
        respond(Encodable { state, private, diagnostics }, planned_identity.clone())
    };
    let prepared = provider.registry().resource(&type_name).and_then(|resource| {
        let schema = resource.schema();
        let change = Change {
            prior: object(&*provider, schema, &prior_state)?,
            planned: object(&*provider, schema, &planned_state)?,
            config: object(&*provider, schema, &config)?,
        };
        Ok((resource, change))
    });
    let (resource, change) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return unchanged(diagnostics),
    };
    let report = resource.apply(context, change, planned_private.clone()).await;
    match identity_of(resource, report.value.state.as_ref()) {
        Ok(identity) => {
            respond(encodable(resource.schema(), report, prior_state.clone()), identity)
        }
        Err(bug) => unchanged(bug),
    }
}

pub(super) async fn import<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::import_resource_state::Request,
) -> proto::import_resource_state::Response {
    let import = || {
        let resource = provider.registry().resource(&request.type_name)?;
        let identity = request.identity.as_ref().and_then(|data| data.identity_data.as_ref());
        let state = match identity {
            None => resource.import(&request.id)?,
            Some(data) => {
                let given = decode_attributes(identity_attributes(resource), encoded(Some(data)))?
                    .unwrap_or_default();
                import_by_identity(resource, &given)?
            }
        };
        Ok(proto::import_resource_state::Response {
            imported_resources: vec![proto::import_resource_state::ImportedResource {
                type_name: request.type_name.clone(),
                state: dynamic_value(encode(resource.schema(), Some(&state))?),
                private: resource.new_private_state(),
                // Terraform expects an identity back if it imports by one; the
                // read that follows completes it.
                identity: identity_of(resource, Some(&state))?.or_else(|| request.identity.clone()),
            }],
            ..Default::default()
        })
    };
    import().unwrap_or_else(Diagnosed::only)
}

pub(super) async fn generate<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::generate_resource_config::Request,
) -> proto::generate_resource_config::Response {
    let generate = || {
        let resource = provider.registry().resource(&request.type_name)?;
        let state = object(&*provider, resource.schema(), &request.state)?.unwrap_or_default();
        let config = resource.configuration(&state)?;
        Ok(proto::generate_resource_config::Response {
            config: dynamic_value(encode(resource.schema(), Some(&config))?),
            diagnostics: Vec::new(),
        })
    };
    generate().unwrap_or_else(Diagnosed::only)
}

fn object(
    provider: &impl Provider,
    schema: &Schema,
    value: &Value,
) -> Result<Option<Object>, Diagnostics> {
    let object = decode(schema, encoded(value.as_ref()))?;
    add_secrets(provider.known_secrets(), schema, object.as_ref());
    Ok(object)
}

/// A report in the protocol's types.
struct Encodable {
    state: Value,
    private: Vec<u8>,
    diagnostics: Diagnostics,
}

/// Encodes a report; a state that cannot be encoded is replaced by `before`.
fn encodable(schema: &Schema, report: Report<Stored>, before: Value) -> Encodable {
    let Report { value: Stored { state, private }, mut diagnostics } = report;
    match encode(schema, state.as_ref()) {
        Ok(bytes) => Encodable { state: dynamic_value(bytes), private, diagnostics },
        Err(bug) => {
            diagnostics.add_diagnostics(bug);
            Encodable { state: before, private, diagnostics }
        }
    }
}
