//! The calls about actions.

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tonic::Status;

use super::proto;
use super::proto::invoke_action::event::{Completed, Progress, Type};
use super::serve::Diagnosed;
use crate::framework::codec::decode;
use crate::framework::diag::Diagnostics;
use crate::framework::provider::Provider;
use crate::framework::resource::Call;
use crate::plugin::convert::{self, encoded};

/// Events on their way to Terraform.
pub(super) type Events =
    tokio_stream::wrappers::UnboundedReceiverStream<Result<proto::invoke_action::Event, Status>>;

/// Where events are written to.
pub(super) type Sender = UnboundedSender<Result<proto::invoke_action::Event, Status>>;

/// A writer of events and the stream that Terraform reads.
pub(super) fn channel() -> (Sender, Events) {
    let (sender, receiver) = unbounded_channel();
    (sender, receiver.into())
}

pub(super) fn validate(
    provider: &impl Provider,
    request: &proto::validate_action_config::Request,
) -> proto::validate_action_config::Response {
    Diagnosed::only(checked(provider, &request.action_type, request.config.as_ref()))
}

pub(super) fn plan(
    provider: &impl Provider,
    request: &proto::plan_action::Request,
) -> proto::plan_action::Response {
    Diagnosed::only(checked(provider, &request.action_type, request.config.as_ref()))
}

fn checked(
    provider: &impl Provider,
    type_name: &str,
    config: Option<&proto::DynamicValue>,
) -> Diagnostics {
    let check = || {
        let fields = provider.registry().action(type_name)?.fields();
        Ok(fields.check(&decode(fields, encoded(config))?.unwrap_or_default()))
    };
    check().unwrap_or_else(|diagnostics: Diagnostics| diagnostics)
}

/// Does it, telling `sender` how far it is; the last event tells how it ended.
/// A stream without that event would count as success.
pub(super) async fn invoke(
    provider: &impl Provider,
    call: Call,
    request: &proto::invoke_action::Request,
    sender: &Sender,
) -> Diagnostics {
    let prepared = provider.registry().action(&request.action_type).and_then(|action| {
        let config = decode(action.fields(), encoded(request.config.as_ref()))?;
        Ok((action, config.unwrap_or_default()))
    });
    match prepared {
        Ok((action, config)) => {
            let progress = sender.clone();
            let tell = Box::new(move |message: String| {
                // Without a reader there is nobody to tell.
                let _ = progress.send(Ok(event(Type::Progress(Progress { message }))));
            });
            action.invoke(call, config, tell).await
        }
        Err(diagnostics) => diagnostics,
    }
}

/// The event that ends an action.
pub(super) fn completed(diagnostics: Diagnostics) -> proto::invoke_action::Event {
    event(Type::Completed(Completed { diagnostics: convert::diagnostics(diagnostics) }))
}

fn event(kind: Type) -> proto::invoke_action::Event {
    proto::invoke_action::Event { r#type: Some(kind) }
}
