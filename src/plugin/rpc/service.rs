//! The table of the calls that Terraform can make: name, subject and handler.
//!
//! Every call runs in a task of its own: a client that disconnects cannot interrupt
//! a create between the service's response and the state, and a panic becomes a
//! diagnostic of that one call. Calls that are not listed return `UNIMPLEMENTED`.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::calls::{Calls, Diagnosed, Subject, panicked, texts};
use super::opened::Opened;
use super::{action, data_source, ephemeral, function, list, provider, resource};
use crate::framework::context::Context;
use crate::framework::diag::Diagnostics;
use crate::framework::provider::Provider;
use crate::plugin::convert;
use crate::plugin::proto::tfplugin6::{self as proto, provider_server};

/// Serves a [`Provider`] to Terraform.
pub(crate) struct Rpc<P> {
    provider: Arc<P>,
    /// Cancelled by `StopProvider` and then replaced, so that later calls, such as
    /// closing what was opened, run as usual.
    cancel: Arc<Mutex<CancellationToken>>,
    calls: Calls,
    opened: Opened,
}

impl<P: Provider> Rpc<P> {
    /// `address` is the provider's source address, for the log.
    pub(crate) fn new(provider: P, address: &'static str) -> Self {
        let calls = Calls::new(address, provider.known_secrets().clone());
        Rpc {
            provider: Arc::new(provider),
            cancel: Arc::default(),
            calls,
            opened: Opened::default(),
        }
    }

    fn context(&self) -> Context {
        let cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Context::new(cancel)
    }

    fn stop(&self) {
        let mut cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *cancel).cancel();
    }

    /// What remains to be done when no more calls come.
    pub(crate) fn leftovers(&self) -> Leftovers<P> {
        Leftovers {
            provider: self.provider(),
            cancel: Arc::clone(&self.cancel),
            opened: self.opened.clone(),
        }
    }

    fn provider(&self) -> Arc<P> {
        Arc::clone(&self.provider)
    }
}

/// What a process still has to close at its end.
pub(crate) struct Leftovers<P> {
    provider: Arc<P>,
    cancel: Arc<Mutex<CancellationToken>>,
    opened: Opened,
}

impl<P: Provider> Leftovers<P> {
    /// Closes the ephemeral resources that Terraform did not close. An open that is
    /// still under way is interrupted first, and undoes what it has done.
    pub(crate) async fn close(self) {
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner).cancel();
        self.opened.close_all(&*self.provider).await;
    }
}

/// The service, from a table of its unary calls. Each line has the name in Rust,
/// the name in the protocol, the subject (with the field of the request that names
/// the type) and the handler.
macro_rules! provider_service {
    (
        unary {
            $($rpc:ident $name:literal $subject:ident $(($type_name:ident))? => $handler:path $(, $extra:ident)?;)*
        }
        other { $($other:tt)* }
    ) => {
        $(
            impl Diagnosed for proto::$rpc::Response {
                fn diagnostics(&self) -> &[proto::Diagnostic] {
                    &self.diagnostics
                }
                fn diagnostics_mut(&mut self) -> &mut Vec<proto::Diagnostic> {
                    &mut self.diagnostics
                }
            }
        )*

        #[tonic::async_trait]
        impl<P: Provider> provider_server::Provider for Rpc<P> {
            $(
                async fn $rpc(
                    &self,
                    request: Request<proto::$rpc::Request>,
                ) -> Result<Response<proto::$rpc::Response>, Status> {
                    let request = request.into_inner();
                    let subject = Subject::$subject $((request.$type_name.clone()))?;
                    let work = $handler(
                        self.provider(),
                        self.context(),
                        request
                        $(, self.$extra.clone())?
                    );
                    self.calls.serve($name, subject, work).await
                }
            )*

            $($other)*
        }
    };
}

provider_service! {
    unary {
        get_metadata "GetMetadata" Provider => provider::get_metadata;
        get_provider_schema "GetProviderSchema" Provider => provider::get_schema;
        get_resource_identity_schemas "GetResourceIdentitySchemas" Provider
            => provider::get_identities;
        validate_provider_config "ValidateProviderConfig" Provider => provider::validate;
        configure_provider "ConfigureProvider" Provider => provider::configure;
        validate_resource_config "ValidateResourceConfig" Resource(type_name)
            => resource::validate;
        upgrade_resource_state "UpgradeResourceState" Resource(type_name) => resource::upgrade;
        upgrade_resource_identity "UpgradeResourceIdentity" Resource(type_name)
            => resource::upgrade_identity;
        move_resource_state "MoveResourceState" Resource(target_type_name) => resource::moved;
        import_resource_state "ImportResourceState" Resource(type_name) => resource::import;
        generate_resource_config "GenerateResourceConfig" Resource(type_name)
            => resource::generate;
        read_resource "ReadResource" Resource(type_name) => resource::read;
        plan_resource_change "PlanResourceChange" Resource(type_name) => resource::plan;
        apply_resource_change "ApplyResourceChange" Resource(type_name) => resource::apply;
        validate_data_resource_config "ValidateDataResourceConfig" DataSource(type_name)
            => data_source::validate;
        read_data_source "ReadDataSource" DataSource(type_name) => data_source::read;
        validate_ephemeral_resource_config
            "ValidateEphemeralResourceConfig" EphemeralResource(type_name)
            => ephemeral::validate;
        open_ephemeral_resource "OpenEphemeralResource" EphemeralResource(type_name)
            => ephemeral::open, opened;
        renew_ephemeral_resource "RenewEphemeralResource" EphemeralResource(type_name)
            => ephemeral::renew;
        close_ephemeral_resource "CloseEphemeralResource" EphemeralResource(type_name)
            => ephemeral::close, opened;
        validate_list_resource_config "ValidateListResourceConfig" ListResource(type_name)
            => list::validate;
        validate_action_config "ValidateActionConfig" Action(action_type) => action::validate;
        plan_action "PlanAction" Action(action_type) => action::plan;
    }
    other {
        /// Returns at once; running calls only stop waiting (plugin-protocol.md 7).
        async fn stop_provider(
            &self,
            _: Request<proto::stop_provider::Request>,
        ) -> Result<Response<proto::stop_provider::Response>, Status> {
            tracing::info!("the run was interrupted: calls stop waiting and start nothing new");
            self.stop();
            Ok(Response::new(proto::stop_provider::Response::default()))
        }

        async fn list_resource(
            &self,
            request: Request<proto::list_resource::Request>,
        ) -> Result<Response<BoxStream<proto::list_resource::Event>>, Status> {
            const NAME: &str = "ListResource";
            let request = request.into_inner();
            let subject = Subject::ListResource(request.type_name.clone());
            let work = list::events(self.provider(), self.context(), request);
            let events = self.calls.run(NAME, subject, work).await;
            let mut events = events.unwrap_or_else(|| vec![list::only(panicked(NAME))]);
            for event in &mut events {
                let name = std::iter::once(&mut event.display_name);
                self.calls.without_secrets(name.chain(texts(&mut event.diagnostic)));
            }
            Ok(Response::new(list::stream(events)))
        }

        async fn get_functions(
            &self,
            _: Request<proto::get_functions::Request>,
        ) -> Result<Response<proto::get_functions::Response>, Status> {
            let functions = provider::functions(&*self.provider);
            let diagnostics = Vec::new();
            Ok(Response::new(proto::get_functions::Response { functions, diagnostics }))
        }

        async fn call_function(
            &self,
            request: Request<proto::call_function::Request>,
        ) -> Result<Response<proto::call_function::Response>, Status> {
            let work = function::call(self.provider(), request.into_inner());
            let response = self.calls.run("CallFunction", Subject::Provider, work).await;
            let mut response = response.unwrap_or_else(function::panicked);
            self.calls.without_secrets(response.error.as_mut().map(|error| &mut error.text));
            Ok(Response::new(response))
        }

        async fn invoke_action(
            &self,
            request: Request<proto::invoke_action::Request>,
        ) -> Result<Response<BoxStream<proto::invoke_action::Event>>, Status> {
            const NAME: &str = "InvokeAction";
            let request = request.into_inner();
            let subject = Subject::Action(request.action_type.clone());
            let (sender, events) = action::channel(self.calls.clone());
            let work = action::invoke(self.provider(), self.context(), request, sender.clone());
            let calls = self.calls.clone();
            tokio::spawn(async move {
                let outcome: Option<Diagnostics> = calls.run(NAME, subject, work).await;
                let diagnostics = outcome.unwrap_or_else(|| panicked(NAME));
                // Without a receiver the run is over, but the action has been carried out.
                let _ = sender.send(action::completed(convert::diagnostics(diagnostics)));
            });
            Ok(Response::new(events))
        }
    }
}
