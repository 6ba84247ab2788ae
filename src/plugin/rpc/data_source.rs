//! The calls about data sources.

use std::sync::Arc;

use super::calls::Diagnosed;
use crate::framework::codec::{decode_config, encode};
use crate::framework::context::Context;
use crate::framework::diag::Diagnostics;
use crate::framework::provider::Provider;
use crate::plugin::convert::{self, dynamic_value, encoded};
use crate::plugin::proto::tfplugin6 as proto;

pub(super) async fn validate<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::validate_data_resource_config::Request,
) -> proto::validate_data_resource_config::Response {
    let check = || {
        let source = provider.registry().data_source(&request.type_name)?;
        let config = decode_config(source.schema(), encoded(request.config.as_ref()))?;
        Ok(source.validate(&config))
    };
    Diagnosed::only(check().unwrap_or_else(|diagnostics: Diagnostics| diagnostics))
}

pub(super) async fn read<P: Provider>(
    provider: Arc<P>,
    context: Context,
    request: proto::read_data_source::Request,
) -> proto::read_data_source::Response {
    let prepared = provider.registry().data_source(&request.type_name).and_then(|source| {
        let config = decode_config(source.schema(), encoded(request.config.as_ref()))?;
        Ok((source, config))
    });
    let (source, config) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return Diagnosed::only(diagnostics),
    };
    let report = source.read(context, config).await;
    match encode(source.schema(), report.value.as_ref()) {
        Ok(state) => proto::read_data_source::Response {
            state: dynamic_value(state),
            diagnostics: convert::diagnostics(report.diagnostics),
            deferred: None,
        },
        Err(bug) => Diagnosed::only(bug),
    }
}
