//! The calls about list resources.

use futures::stream::{self, BoxStream, StreamExt};
use tonic::Status;

use super::proto;
use super::serve::Diagnosed;
use crate::framework::codec::{decode, encode, encode_value};
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::list::Listed;
use crate::framework::provider::Provider;
use crate::framework::resource::{AnyResource, Call};
use crate::framework::takeover::identity;
use crate::plugin::convert::{self, dynamic_value, encoded};

/// Events on their way to Terraform.
pub(super) type Events = BoxStream<'static, Result<proto::list_resource::Event, Status>>;

/// What Terraform asks for when it does not say.
const DEFAULT_LIMIT: usize = 100;

pub(super) fn validate(
    provider: &impl Provider,
    request: &proto::validate_list_resource_config::Request,
) -> proto::validate_list_resource_config::Response {
    let check = || {
        let list = provider.registry().list_resource(&request.type_name)?;
        let config = decode(list.fields(), encoded(request.config.as_ref()))?;
        Ok(list.validate(&config.unwrap_or_default()))
    };
    Diagnosed::only(check().unwrap_or_else(|diagnostics: Diagnostics| diagnostics))
}

/// All events of a list, in the order found; an error is the last one.
pub(super) async fn events(
    provider: &impl Provider,
    call: Call,
    request: proto::list_resource::Request,
) -> Vec<proto::list_resource::Event> {
    let whole = request.include_resource_object;
    let limit = usize::try_from(request.limit).unwrap_or(DEFAULT_LIMIT);
    let prepared = provider.registry().list_resource(&request.type_name).and_then(|list| {
        let resource = provider.registry().resource(&request.type_name)?;
        let config = decode(list.fields(), encoded(request.config.as_ref()))?;
        Ok((list, resource, config.unwrap_or_default()))
    });
    let (list, resource, config) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return vec![only(diagnostics)],
    };
    let Report { value: found, diagnostics } = list.list(call, config, limit, whole).await;
    let mut events: Vec<_> = found
        .into_iter()
        .take(limit)
        .map(|one| event(resource, one, whole).unwrap_or_else(only))
        .collect();
    if diagnostics != Diagnostics::default() {
        events.push(only(diagnostics));
    }
    events
}

/// The events as the stream that the wire wants.
pub(super) fn stream(events: Vec<proto::list_resource::Event>) -> Events {
    stream::iter(events.into_iter().map(Ok)).boxed()
}

fn event(
    resource: &dyn AnyResource,
    found: Listed,
    whole: bool,
) -> Result<proto::list_resource::Event, Diagnostics> {
    let identity = identity(resource.identity(), &found.object)
        .map(|identity| encode_value(&identity))
        .transpose()?;
    let object = whole.then(|| encode(resource.fields(), Some(&found.object))).transpose()?;
    Ok(proto::list_resource::Event {
        identity: identity
            .map(|bytes| proto::ResourceIdentityData { identity_data: dynamic_value(bytes) }),
        display_name: found.display_name,
        resource_object: object.and_then(dynamic_value),
        diagnostic: Vec::new(),
    })
}

/// An event that says nothing but this.
pub(super) fn only(diagnostics: Diagnostics) -> proto::list_resource::Event {
    proto::list_resource::Event {
        diagnostic: convert::diagnostics(diagnostics),
        ..Default::default()
    }
}
