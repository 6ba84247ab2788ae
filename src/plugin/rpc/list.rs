//! The calls about list resources.

use std::sync::Arc;

use futures::stream;
use tonic::codegen::BoxStream;

use super::calls::Diagnosed;
use crate::framework::codec::{decode_config, encode, encode_value};
use crate::framework::context::Context;
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::identity::identity;
use crate::framework::list::ListResult;
use crate::framework::provider::Provider;
use crate::framework::resource::AnyResource;
use crate::plugin::convert::{self, dynamic_value, encoded};
use crate::plugin::proto::tfplugin6 as proto;

/// The stream of events that Terraform reads.
pub(super) type Events = BoxStream<proto::list_resource::Event>;

/// The limit when the request has no valid one; Terraform's own default.
const DEFAULT_LIMIT: usize = 100;

pub(super) async fn validate<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::validate_list_resource_config::Request,
) -> proto::validate_list_resource_config::Response {
    let check = || {
        let list = provider.registry().list_resource(&request.type_name)?;
        let config = decode_config(list.schema(), encoded(request.config.as_ref()))?;
        Ok(list.validate(&config))
    };
    Diagnosed::only(check().unwrap_or_else(|diagnostics: Diagnostics| diagnostics))
}

/// All events of a list, in the order found; diagnostics come last.
pub(super) async fn events<P: Provider>(
    provider: Arc<P>,
    context: Context,
    request: proto::list_resource::Request,
) -> Vec<proto::list_resource::Event> {
    let with_object = request.include_resource_object;
    let limit = usize::try_from(request.limit).unwrap_or(DEFAULT_LIMIT);
    let prepared = provider.registry().list_resource(&request.type_name).and_then(|list| {
        let resource = provider.registry().resource(&request.type_name)?;
        let config = decode_config(list.schema(), encoded(request.config.as_ref()))?;
        Ok((list, resource, config))
    });
    let (list, resource, config) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return vec![only(diagnostics)],
    };
    let Report { value: found, diagnostics } = list.list(context, config, limit).await;
    let mut events: Vec<_> = found
        .into_iter()
        .take(limit)
        .map(|result| event(resource, result, with_object).unwrap_or_else(only))
        .collect();
    if diagnostics != Diagnostics::default() {
        events.push(only(diagnostics));
    }
    events
}

/// The events as the stream that the protocol asks for.
pub(super) fn stream(events: Vec<proto::list_resource::Event>) -> Events {
    Box::pin(stream::iter(events.into_iter().map(Ok)))
}

fn event(
    resource: &dyn AnyResource,
    found: ListResult,
    with_object: bool,
) -> Result<proto::list_resource::Event, Diagnostics> {
    let identity = identity(resource.identity(), &found.object)
        .map(|identity| encode_value(&identity))
        .transpose()?;
    let object = with_object.then(|| encode(resource.schema(), Some(&found.object))).transpose()?;
    Ok(proto::list_resource::Event {
        identity: identity
            .map(|bytes| proto::ResourceIdentityData { identity_data: dynamic_value(bytes) }),
        display_name: found.display_name,
        resource_object: object.and_then(dynamic_value),
        diagnostic: Vec::new(),
    })
}

/// An event with nothing but these diagnostics.
pub(super) fn only(diagnostics: Diagnostics) -> proto::list_resource::Event {
    proto::list_resource::Event {
        diagnostic: convert::diagnostics(diagnostics),
        ..Default::default()
    }
}
