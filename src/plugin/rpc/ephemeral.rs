//! The calls about ephemeral resources.

use std::sync::Arc;

use super::calls::Diagnosed;
use super::opened::Opened;
use crate::framework::codec::{decode_config, encode};
use crate::framework::context::Context;
use crate::framework::diag::Diagnostics;
use crate::framework::ephemeral::EphemeralResponse;
use crate::framework::provider::Provider;
use crate::plugin::convert::{self, dynamic_value, encoded, timestamp};
use crate::plugin::proto::tfplugin6 as proto;

pub(super) async fn validate<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::validate_ephemeral_resource_config::Request,
) -> proto::validate_ephemeral_resource_config::Response {
    let check = || {
        let resource = provider.registry().ephemeral_resource(&request.type_name)?;
        let config = decode_config(resource.schema(), encoded(request.config.as_ref()))?;
        Ok(resource.validate(&config))
    };
    Diagnosed::only(check().unwrap_or_else(|diagnostics: Diagnostics| diagnostics))
}

pub(super) async fn open<P: Provider>(
    provider: Arc<P>,
    context: Context,
    request: proto::open_ephemeral_resource::Request,
    opened: Opened,
) -> proto::open_ephemeral_resource::Response {
    let prepared =
        provider.registry().ephemeral_resource(&request.type_name).and_then(|resource| {
            let config = decode_config(resource.schema(), encoded(request.config.as_ref()))?;
            Ok((resource, config))
        });
    let (resource, config) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return Diagnosed::only(diagnostics),
    };
    let _opening = opened.opening();
    let report = resource.open(context, config).await;
    let EphemeralResponse { result, private, renew_at } = report.value;
    if result.is_some() {
        opened.add(&request.type_name, &private);
    }
    match encode(resource.schema(), result.as_ref()) {
        Ok(result) => proto::open_ephemeral_resource::Response {
            diagnostics: convert::diagnostics(report.diagnostics),
            renew_at: renew_at.and_then(timestamp),
            result: dynamic_value(result),
            private: Some(private),
            deferred: None,
        },
        Err(bug) => Diagnosed::only(bug),
    }
}

pub(super) async fn renew<P: Provider>(
    provider: Arc<P>,
    context: Context,
    request: proto::renew_ephemeral_resource::Request,
) -> proto::renew_ephemeral_resource::Response {
    match provider.registry().ephemeral_resource(&request.type_name) {
        Ok(resource) => {
            let report = resource.renew(context, request.private.unwrap_or_default()).await;
            proto::renew_ephemeral_resource::Response {
                diagnostics: convert::diagnostics(report.diagnostics),
                renew_at: report.value.renew_at.and_then(timestamp),
                private: Some(report.value.private),
            }
        }
        Err(diagnostics) => Diagnosed::only(diagnostics),
    }
}

pub(super) async fn close<P: Provider>(
    provider: Arc<P>,
    context: Context,
    request: proto::close_ephemeral_resource::Request,
    opened: Opened,
) -> proto::close_ephemeral_resource::Response {
    let private = request.private.unwrap_or_default();
    opened.remove(&request.type_name, &private);
    Diagnosed::only(match provider.registry().ephemeral_resource(&request.type_name) {
        Ok(resource) => resource.close(context, private).await,
        Err(diagnostics) => diagnostics,
    })
}
