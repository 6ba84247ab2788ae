//! The calls about data sources.

use super::proto;
use super::serve::Diagnosed;
use crate::framework::codec::{decode, encode};
use crate::framework::diag::Diagnostics;
use crate::framework::provider::Provider;
use crate::framework::resource::Call;
use crate::plugin::convert::{self, dynamic_value, encoded};

pub(super) fn validate(
    provider: &impl Provider,
    request: &proto::validate_data_resource_config::Request,
) -> proto::validate_data_resource_config::Response {
    let check = || {
        let source = provider.registry().data_source(&request.type_name)?;
        let config = decode(source.fields(), encoded(request.config.as_ref()))?;
        Ok(source.validate(&config.unwrap_or_default()))
    };
    Diagnosed::only(check().unwrap_or_else(|diagnostics: Diagnostics| diagnostics))
}

pub(super) async fn read(
    provider: &impl Provider,
    call: Call,
    request: proto::read_data_source::Request,
) -> proto::read_data_source::Response {
    let prepared = provider.registry().data_source(&request.type_name).and_then(|source| {
        let config = decode(source.fields(), encoded(request.config.as_ref()))?;
        Ok((source, config.unwrap_or_default()))
    });
    let (source, config) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return Diagnosed::only(diagnostics),
    };
    let report = source.read(call, config).await;
    match encode(source.fields(), report.value.as_ref()) {
        Ok(state) => proto::read_data_source::Response {
            state: dynamic_value(state),
            diagnostics: convert::diagnostics(report.diagnostics),
            deferred: None,
        },
        Err(bug) => Diagnosed::only(bug),
    }
}
