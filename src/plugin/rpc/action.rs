//! The calls about actions.

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::codegen::BoxStream;

use super::calls::{Calls, Diagnosed, texts};
use crate::framework::codec::decode_config;
use crate::framework::context::Context;
use crate::framework::diag::Diagnostics;
use crate::framework::provider::Provider;
use crate::plugin::convert::encoded;
use crate::plugin::proto::tfplugin6 as proto;
use crate::plugin::proto::tfplugin6::invoke_action::event::{Completed, Progress, Type};

/// The stream of events that Terraform reads.
pub(super) type Events = BoxStream<proto::invoke_action::Event>;

/// The sending end of [`Events`].
pub(super) type Sender = UnboundedSender<proto::invoke_action::Event>;

/// A sender of events and the stream that Terraform reads, without secrets.
pub(super) fn channel(calls: Calls) -> (Sender, Events) {
    let (sender, receiver) = unbounded_channel();
    let events = UnboundedReceiverStream::new(receiver)
        .map(move |event| without_secrets(&calls, event))
        .map(Ok);
    (sender, Box::pin(events))
}

fn without_secrets(
    calls: &Calls,
    mut event: proto::invoke_action::Event,
) -> proto::invoke_action::Event {
    match &mut event.r#type {
        Some(Type::Progress(progress)) => calls.without_secrets([&mut progress.message]),
        Some(Type::Completed(completed)) => {
            calls.without_secrets(texts(&mut completed.diagnostics));
        }
        None => {}
    }
    event
}

pub(super) async fn validate<P: Provider>(
    provider: Arc<P>,
    _: Context,
    request: proto::validate_action_config::Request,
) -> proto::validate_action_config::Response {
    Diagnosed::only(check(&*provider, &request.action_type, request.config.as_ref()))
}

pub(super) async fn plan<P: Provider>(
    provider: Arc<P>,
    context: Context,
    request: proto::plan_action::Request,
) -> proto::plan_action::Response {
    let prepared = provider.registry().action(&request.action_type).and_then(|action| {
        Ok((action, decode_config(action.schema(), encoded(request.config.as_ref()))?))
    });
    Diagnosed::only(match prepared {
        Ok((action, config)) => action.plan(context, config).await,
        Err(diagnostics) => diagnostics,
    })
}

fn check(
    provider: &impl Provider,
    type_name: &str,
    config: Option<&proto::DynamicValue>,
) -> Diagnostics {
    let validate = || {
        let schema = provider.registry().action(type_name)?.schema();
        Ok(schema.validate(&decode_config(schema, encoded(config))?))
    };
    validate().unwrap_or_else(|diagnostics: Diagnostics| diagnostics)
}

/// Runs the action and reports its progress to `sender`. The diagnostics belong in
/// the last event, since Terraform takes a stream without one for a success.
pub(super) async fn invoke<P: Provider>(
    provider: Arc<P>,
    context: Context,
    request: proto::invoke_action::Request,
    sender: Sender,
) -> Diagnostics {
    let prepared = provider.registry().action(&request.action_type).and_then(|action| {
        let config = decode_config(action.schema(), encoded(request.config.as_ref()))?;
        Ok((action, config))
    });
    match prepared {
        Ok((action, config)) => {
            let progress = sender.clone();
            let report = Box::new(move |message: String| {
                // Without a receiver there is nobody to report to.
                let _ = progress.send(event(Type::Progress(Progress { message })));
            });
            action.invoke(context, config, report).await
        }
        Err(diagnostics) => diagnostics,
    }
}

/// The event that ends an action.
pub(super) fn completed(diagnostics: Vec<proto::Diagnostic>) -> proto::invoke_action::Event {
    event(Type::Completed(Completed { diagnostics }))
}

fn event(event_type: Type) -> proto::invoke_action::Event {
    proto::invoke_action::Event { r#type: Some(event_type) }
}
