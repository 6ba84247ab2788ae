//! The calls about managed resources.
//!
//! An answer without a new state means, to Terraform, that the object is gone
//! (plugin-protocol.md 4.5): where a call fails before it reaches the resource,
//! the answer holds the errors and the state as it came.

use super::proto;
use super::serve::Diagnosed;
use crate::framework::codec::{Encoded, decode, encode};
use crate::framework::diag::{AttributePath, Diagnostics, Report, error};
use crate::framework::field::FieldSet;
use crate::framework::private::Private;
use crate::framework::resource::{Call, Provider, Stored};
use crate::framework::value::Object;
use crate::plugin::convert::{self, attribute_path, dynamic_value, encoded};

type Value = Option<proto::DynamicValue>;

pub(super) fn validate(
    provider: &impl Provider,
    request: &proto::validate_resource_config::Request,
) -> proto::validate_resource_config::Response {
    let check = || {
        let resource = provider.resource(&request.type_name)?;
        let config = object(resource.fields(), &request.config)?.unwrap_or_default();
        Ok(resource.validate(&config))
    };
    Diagnosed::only(check().unwrap_or_else(|diagnostics| diagnostics))
}

pub(super) fn upgrade(
    provider: &impl Provider,
    request: &proto::upgrade_resource_state::Request,
) -> proto::upgrade_resource_state::Response {
    let upgrade = || {
        let fields = provider.resource(&request.type_name)?.fields();
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
    let unchanged = |current: Value, private: Vec<u8>, diagnostics: Diagnostics| {
        proto::read_resource::Response {
            new_state: current,
            private,
            diagnostics: convert::diagnostics(diagnostics),
            ..Default::default()
        }
    };
    let proto::read_resource::Request { type_name, current_state, private, .. } = request;
    let prepared = provider
        .resource(&type_name)
        .and_then(|resource| Ok((resource, object(resource.fields(), &current_state)?)));
    let (resource, prior) = match prepared {
        Ok((resource, Some(prior))) => (resource, prior),
        Ok((_, None)) => return unchanged(None, private, Diagnostics::default()),
        Err(diagnostics) => return unchanged(current_state, private, diagnostics),
    };
    let report = resource.read(call, prior, private).await;
    let (new_state, private, diagnostics) = stored(resource.fields(), report, current_state);
    unchanged(new_state, private, diagnostics)
}

pub(super) fn plan(
    provider: &impl Provider,
    request: &proto::plan_resource_change::Request,
) -> proto::plan_resource_change::Response {
    let plan = || {
        let resource = provider.resource(&request.type_name)?;
        let fields = resource.fields();
        let answer = resource.plan(
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
    let answer = |new_state: Value, private: Vec<u8>, diagnostics: Diagnostics| {
        proto::apply_resource_change::Response {
            new_state,
            private,
            diagnostics: convert::diagnostics(diagnostics),
            ..Default::default()
        }
    };
    let proto::apply_resource_change::Request {
        type_name,
        prior_state,
        planned_state,
        planned_private,
        ..
    } = request;
    let prepared = provider.resource(&type_name).and_then(|resource| {
        let fields = resource.fields();
        Ok((resource, object(fields, &prior_state)?, object(fields, &planned_state)?))
    });
    let (resource, prior, planned) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return answer(prior_state, planned_private, diagnostics),
    };
    let report = resource.apply(call, prior, planned, planned_private).await;
    let (new_state, private, diagnostics) = stored(resource.fields(), report, prior_state);
    answer(new_state, private, diagnostics)
}

pub(super) fn import(
    provider: &impl Provider,
    request: &proto::import_resource_state::Request,
) -> proto::import_resource_state::Response {
    let import = || {
        let resource = provider.resource(&request.type_name)?;
        let state = resource.import(&request.id)?;
        Ok(proto::import_resource_state::Response {
            imported_resources: vec![proto::import_resource_state::ImportedResource {
                type_name: request.type_name.clone(),
                state: dynamic_value(encode(resource.fields(), Some(&state))?),
                private: Private::default().to_bytes(),
                identity: None,
            }],
            ..Default::default()
        })
    };
    import().unwrap_or_else(Diagnosed::only)
}

fn object(fields: &FieldSet, value: &Value) -> Result<Option<Object>, Diagnostics> {
    Ok(decode(fields, encoded(value.as_ref()))?)
}

/// A report on the wire; a state that cannot be encoded leaves what was there.
fn stored(
    fields: &FieldSet,
    report: Report<Stored>,
    before: Value,
) -> (Value, Vec<u8>, Diagnostics) {
    let Report { value: Stored { state, private }, mut diagnostics } = report;
    match encode(fields, state.as_ref()) {
        Ok(bytes) => (dynamic_value(bytes), private, diagnostics),
        Err(bug) => {
            diagnostics.add_diagnostics(bug);
            (before, private, diagnostics)
        }
    }
}
