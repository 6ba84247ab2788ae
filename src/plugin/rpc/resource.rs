//! The calls about managed resources.
//!
//! An answer without a new state means, to Terraform, that the object is gone
//! (plugin-protocol.md 4.5): where a call fails before it reaches the resource,
//! the answer holds the errors and the state as it came.

use super::proto;
use super::serve::Diagnosed;
use crate::framework::codec::{Encoded, decode, decode_fields, encode, encode_value};
use crate::framework::diag::{AttributePath, Diagnostics, Report, error, path};
use crate::framework::field::FieldSet;
use crate::framework::private::Private;
use crate::framework::provider::Provider;
use crate::framework::resource::{AnyResource, Call, Change, Stored};
use crate::framework::takeover::{self, Source};
use crate::framework::value::{Object, ValueAny, attribute};
use crate::plugin::convert::{self, attribute_path, dynamic_value, encoded};

type Value = Option<proto::DynamicValue>;
type Identity = Option<proto::ResourceIdentityData>;

pub(super) fn validate(
    provider: &impl Provider,
    request: &proto::validate_resource_config::Request,
) -> proto::validate_resource_config::Response {
    let check = || {
        let resource = provider.registry().resource(&request.type_name)?;
        let config = object(resource.fields(), &request.config)?.unwrap_or_default();
        let mut diagnostics = resource.validate(&config);
        let capabilities = request.client_capabilities.unwrap_or_default();
        if !capabilities.write_only_attributes_allowed {
            diagnostics.add_diagnostics(write_only_refused(resource.fields(), &config));
        }
        Ok(diagnostics)
    };
    Diagnosed::only(check().unwrap_or_else(|diagnostics| diagnostics))
}

/// A Terraform that does not know write-only attributes would store them.
fn write_only_refused(fields: &FieldSet, config: &Object) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let given = |name: &str| *attribute(config, name) != ValueAny::Null;
    for field in fields.iter().filter(|field| field.write_only && given(field.name)) {
        diagnostics.add_diagnostics(error(
            path(field.name),
            "Write-only attribute with an old Terraform",
            format!(
                "{} is write-only, which needs Terraform 1.11 or OpenTofu 1.11. This version would \
                 store the value in its state.",
                field.name
            ),
        ));
    }
    diagnostics
}

pub(super) fn upgrade(
    provider: &impl Provider,
    request: &proto::upgrade_resource_state::Request,
) -> proto::upgrade_resource_state::Response {
    let upgrade = || {
        let fields = provider.registry().resource(&request.type_name)?.fields();
        if request.version > fields.schema().version {
            return Err(newer_state(&request.type_name, request.version));
        }
        let raw = request.raw_state.as_ref().map_or(&[][..], |raw| &raw.json);
        let state = decode(fields, Encoded::Json(raw))?;
        Ok(proto::upgrade_resource_state::Response {
            upgraded_state: dynamic_value(encode(fields, state.as_ref())?),
            diagnostics: Vec::new(),
        })
    };
    upgrade().unwrap_or_else(Diagnosed::only)
}

pub(super) fn upgrade_identity(
    provider: &impl Provider,
    request: &proto::upgrade_resource_identity::Request,
) -> proto::upgrade_resource_identity::Response {
    let upgrade = || {
        let resource = provider.registry().resource(&request.type_name)?;
        let raw = request.raw_identity.as_ref().map_or(&[][..], |raw| &raw.json);
        let identity = decode_fields(takeover::identity_fields(resource), Encoded::Json(raw))?;
        Ok(proto::upgrade_resource_identity::Response {
            upgraded_identity: identity.as_ref().map(identity_data).transpose()?,
            diagnostics: Vec::new(),
        })
    };
    upgrade().unwrap_or_else(Diagnosed::only)
}

pub(super) fn moved(
    provider: &impl Provider,
    request: &proto::move_resource_state::Request,
) -> proto::move_resource_state::Response {
    let moved = || {
        let resource = provider.registry().resource(&request.target_type_name)?;
        let source = Source {
            provider: &request.source_provider_address,
            type_name: &request.source_type_name,
            schema_version: request.source_schema_version,
            json: request.source_state.as_ref().map_or(&[][..], |raw| &raw.json),
        };
        let stored = takeover::moved(resource, source)?;
        Ok(proto::move_resource_state::Response {
            target_identity: identity_of(resource, stored.state.as_ref())?,
            target_state: dynamic_value(encode(resource.fields(), stored.state.as_ref())?),
            target_private: stored.private,
            diagnostics: Vec::new(),
        })
    };
    moved().unwrap_or_else(Diagnosed::only)
}

/// The identity as Terraform stores it; none while it is not known as a whole.
fn identity_of(
    resource: &dyn AnyResource,
    state: Option<&Object>,
) -> Result<Identity, Diagnostics> {
    state
        .and_then(|state| takeover::identity(resource.identity(), state))
        .as_ref()
        .map(identity_data)
        .transpose()
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
             know. Use the provider version that wrote it, or a newer one."
        ),
    )
}

pub(super) async fn read(
    provider: &impl Provider,
    call: Call,
    request: proto::read_resource::Request,
) -> proto::read_resource::Response {
    let proto::read_resource::Request {
        type_name, current_state, private, current_identity, ..
    } = request;
    let answer = |stored: Encodable, identity: Identity| proto::read_resource::Response {
        new_state: stored.state,
        private: stored.private,
        diagnostics: convert::diagnostics(stored.diagnostics),
        new_identity: identity,
        deferred: None,
    };
    let unchanged = |diagnostics: Diagnostics| {
        let state = current_state.clone();
        answer(Encodable { state, private: private.clone(), diagnostics }, current_identity.clone())
    };
    let prepared = provider
        .registry()
        .resource(&type_name)
        .and_then(|resource| Ok((resource, object(resource.fields(), &current_state)?)));
    let (resource, prior) = match prepared {
        Ok((resource, Some(prior))) => (resource, prior),
        Ok((_, None)) => return unchanged(Diagnostics::default()),
        Err(diagnostics) => return unchanged(diagnostics),
    };
    let report = resource.read(call, prior, private.clone()).await;
    match identity_of(resource, report.value.state.as_ref()) {
        Ok(identity) => answer(
            encodable(resource.fields(), report, current_state.clone()),
            identity.or_else(|| current_identity.clone()),
        ),
        Err(bug) => unchanged(bug),
    }
}

pub(super) fn plan(
    provider: &impl Provider,
    request: &proto::plan_resource_change::Request,
) -> proto::plan_resource_change::Response {
    let plan = || {
        let resource = provider.registry().resource(&request.type_name)?;
        let fields = resource.fields();
        let Report { value: answer, diagnostics } = resource.plan(
            object(fields, &request.prior_state)?,
            object(fields, &request.proposed_new_state)?,
            object(fields, &request.config)?,
            &request.prior_private,
        );
        Ok(proto::plan_resource_change::Response {
            planned_state: dynamic_value(encode(fields, answer.state.as_ref())?),
            requires_replace: answer
                .requires_replace
                .into_iter()
                .filter_map(attribute_path)
                .collect(),
            planned_private: answer.private,
            planned_identity: request.prior_identity.clone(),
            diagnostics: convert::diagnostics(diagnostics),
            ..Default::default()
        })
    };
    plan().unwrap_or_else(Diagnosed::only)
}

pub(super) async fn apply(
    provider: &impl Provider,
    call: Call,
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
    let answer = |stored: Encodable, identity: Identity| proto::apply_resource_change::Response {
        new_state: stored.state,
        private: stored.private,
        diagnostics: convert::diagnostics(stored.diagnostics),
        new_identity: identity,
        ..Default::default()
    };
    let unchanged = |diagnostics: Diagnostics| {
        let (state, private) = (prior_state.clone(), planned_private.clone());
        answer(Encodable { state, private, diagnostics }, planned_identity.clone())
    };
    let prepared = provider.registry().resource(&type_name).and_then(|resource| {
        let fields = resource.fields();
        let change = Change {
            prior: object(fields, &prior_state)?,
            planned: object(fields, &planned_state)?,
            config: object(fields, &config)?,
        };
        Ok((resource, change))
    });
    let (resource, change) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return unchanged(diagnostics),
    };
    let report = resource.apply(call, change, planned_private.clone()).await;
    match identity_of(resource, report.value.state.as_ref()) {
        Ok(identity) => answer(encodable(resource.fields(), report, prior_state.clone()), identity),
        Err(bug) => unchanged(bug),
    }
}

pub(super) fn import(
    provider: &impl Provider,
    request: &proto::import_resource_state::Request,
) -> proto::import_resource_state::Response {
    let import = || {
        let resource = provider.registry().resource(&request.type_name)?;
        let identity = request.identity.as_ref().and_then(|one| one.identity_data.as_ref());
        let state = match identity {
            None => resource.import(&request.id)?,
            Some(data) => {
                let fields = takeover::identity_fields(resource);
                let given = decode_fields(fields, encoded(Some(data)))?.unwrap_or_default();
                takeover::import_by_identity(resource, &given)?
            }
        };
        Ok(proto::import_resource_state::Response {
            imported_resources: vec![proto::import_resource_state::ImportedResource {
                type_name: request.type_name.clone(),
                state: dynamic_value(encode(resource.fields(), Some(&state))?),
                private: Private::default().to_bytes(),
                // Terraform wants an identity back for an import by one; the
                // read that follows completes it.
                identity: identity_of(resource, Some(&state))?.or_else(|| request.identity.clone()),
            }],
            ..Default::default()
        })
    };
    import().unwrap_or_else(Diagnosed::only)
}

fn object(fields: &FieldSet, value: &Value) -> Result<Option<Object>, Diagnostics> {
    Ok(decode(fields, encoded(value.as_ref()))?)
}

/// What a report comes to on the wire.
struct Encodable {
    state: Value,
    private: Vec<u8>,
    diagnostics: Diagnostics,
}

/// A report on the wire; a state that cannot be encoded leaves what was there.
fn encodable(fields: &FieldSet, report: Report<Stored>, before: Value) -> Encodable {
    let Report { value: Stored { state, private }, mut diagnostics } = report;
    match encode(fields, state.as_ref()) {
        Ok(bytes) => Encodable { state: dynamic_value(bytes), private, diagnostics },
        Err(bug) => {
            diagnostics.add_diagnostics(bug);
            Encodable { state: before, private, diagnostics }
        }
    }
}
