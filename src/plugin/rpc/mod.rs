//! The provider service: one line for each call that Terraform can make.
//!
//! What is not offered answers `UNIMPLEMENTED`, here and nowhere else. Every
//! other call runs in a task of its own: a client that goes away cannot cut a
//! create between the service's answer and the state, and a panic becomes a
//! diagnostic of that one call.

mod action;
mod data_source;
mod ephemeral;
mod function;
mod list;
mod provider;
mod resource;
mod serve;

use std::sync::{Arc, Mutex, PoisonError};

use self::serve::Subject;
use futures::stream::Empty;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::proto::tfplugin6::{self as proto, provider_server};
use crate::framework::diag::Diagnostics;
use crate::framework::provider::Provider;
use crate::framework::resource::Call;

type Answer<T> = Result<Response<T>, Status>;

/// Serves a [`Provider`] to Terraform.
pub struct Rpc<P> {
    provider: Arc<P>,
    /// Fires on `StopProvider`, and is then replaced: calls that come later,
    /// such as the close of what was opened, run as usual.
    cancel: Mutex<CancellationToken>,
    calls: serve::Calls,
}

impl<P: Provider> Rpc<P> {
    /// `address` is the provider's source address, for the log.
    pub fn new(provider: P, address: &'static str) -> Self {
        Rpc {
            provider: Arc::new(provider),
            cancel: Mutex::default(),
            calls: serve::Calls::new(address),
        }
    }

    fn call(&self) -> Call {
        let cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Call::new(cancel)
    }

    fn stop(&self) {
        let mut cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *cancel).cancel();
    }

    fn provider(&self) -> Arc<P> {
        Arc::clone(&self.provider)
    }
}

fn not_offered() -> Status {
    Status::unimplemented("This provider does not offer this call.")
}

#[tonic::async_trait]
impl<P: Provider> provider_server::Provider for Rpc<P> {
    async fn get_metadata(
        &self,
        _: Request<proto::get_metadata::Request>,
    ) -> Answer<proto::get_metadata::Response> {
        let provider = self.provider();
        self.calls
            .serve(
                "GetMetadata",
                Subject::Provider,
                async move { provider::get_metadata(&*provider) },
            )
            .await
    }

    async fn get_provider_schema(
        &self,
        _: Request<proto::get_provider_schema::Request>,
    ) -> Answer<proto::get_provider_schema::Response> {
        let provider = self.provider();
        self.calls
            .serve("GetProviderSchema", Subject::Provider, async move {
                provider::get_schema(&*provider)
            })
            .await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Answer<proto::get_resource_identity_schemas::Response> {
        let provider = self.provider();
        self.calls
            .serve("GetResourceIdentitySchemas", Subject::Provider, async move {
                provider::get_identities(&*provider)
            })
            .await
    }

    async fn validate_provider_config(
        &self,
        request: Request<proto::validate_provider_config::Request>,
    ) -> Answer<proto::validate_provider_config::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        self.calls
            .serve("ValidateProviderConfig", Subject::Provider, async move {
                provider::validate(&*provider, &request)
            })
            .await
    }

    async fn configure_provider(
        &self,
        request: Request<proto::configure_provider::Request>,
    ) -> Answer<proto::configure_provider::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        self.calls
            .serve("ConfigureProvider", Subject::Provider, async move {
                provider::configure(&*provider, &request)
            })
            .await
    }

    /// Returns at once and ends nothing but waiting (plugin-protocol.md 7).
    async fn stop_provider(
        &self,
        _: Request<proto::stop_provider::Request>,
    ) -> Answer<proto::stop_provider::Response> {
        tracing::info!("the run was interrupted: waits end, nothing new is started");
        self.stop();
        Ok(Response::new(proto::stop_provider::Response::default()))
    }

    async fn validate_resource_config(
        &self,
        request: Request<proto::validate_resource_config::Request>,
    ) -> Answer<proto::validate_resource_config::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("ValidateResourceConfig", Subject::Resource(&name), async move {
                resource::validate(&*provider, &request)
            })
            .await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Answer<proto::upgrade_resource_state::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("UpgradeResourceState", Subject::Resource(&name), async move {
                resource::upgrade(&*provider, &request)
            })
            .await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Answer<proto::upgrade_resource_identity::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("UpgradeResourceIdentity", Subject::Resource(&name), async move {
                resource::upgrade_identity(&*provider, &request)
            })
            .await
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Answer<proto::read_resource::Response> {
        let (provider, call, request) = (self.provider(), self.call(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("ReadResource", Subject::Resource(&name), async move {
                resource::read(&*provider, call, request).await
            })
            .await
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Answer<proto::plan_resource_change::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("PlanResourceChange", Subject::Resource(&name), async move {
                resource::plan(&*provider, &request)
            })
            .await
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Answer<proto::apply_resource_change::Response> {
        let (provider, call, request) = (self.provider(), self.call(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("ApplyResourceChange", Subject::Resource(&name), async move {
                resource::apply(&*provider, call, request).await
            })
            .await
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Answer<proto::import_resource_state::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("ImportResourceState", Subject::Resource(&name), async move {
                resource::import(&*provider, &request)
            })
            .await
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> Answer<proto::move_resource_state::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.target_type_name.clone();
        self.calls
            .serve("MoveResourceState", Subject::Resource(&name), async move {
                resource::moved(&*provider, &request)
            })
            .await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<proto::validate_data_resource_config::Request>,
    ) -> Answer<proto::validate_data_resource_config::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("ValidateDataResourceConfig", Subject::DataSource(&name), async move {
                data_source::validate(&*provider, &request)
            })
            .await
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Answer<proto::read_data_source::Response> {
        let (provider, call, request) = (self.provider(), self.call(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("ReadDataSource", Subject::DataSource(&name), async move {
                data_source::read(&*provider, call, request).await
            })
            .await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<proto::validate_ephemeral_resource_config::Request>,
    ) -> Answer<proto::validate_ephemeral_resource_config::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve(
                "ValidateEphemeralResourceConfig",
                Subject::EphemeralResource(&name),
                async move { ephemeral::validate(&*provider, &request) },
            )
            .await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<proto::open_ephemeral_resource::Request>,
    ) -> Answer<proto::open_ephemeral_resource::Response> {
        let (provider, call, request) = (self.provider(), self.call(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("OpenEphemeralResource", Subject::EphemeralResource(&name), async move {
                ephemeral::open(&*provider, call, request).await
            })
            .await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<proto::renew_ephemeral_resource::Request>,
    ) -> Answer<proto::renew_ephemeral_resource::Response> {
        let (provider, call, request) = (self.provider(), self.call(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("RenewEphemeralResource", Subject::EphemeralResource(&name), async move {
                ephemeral::renew(&*provider, call, request).await
            })
            .await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<proto::close_ephemeral_resource::Request>,
    ) -> Answer<proto::close_ephemeral_resource::Response> {
        let (provider, call, request) = (self.provider(), self.call(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("CloseEphemeralResource", Subject::EphemeralResource(&name), async move {
                ephemeral::close(&*provider, call, request).await
            })
            .await
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<proto::validate_list_resource_config::Request>,
    ) -> Answer<proto::validate_list_resource_config::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.type_name.clone();
        self.calls
            .serve("ValidateListResourceConfig", Subject::ListResource(&name), async move {
                list::validate(&*provider, &request)
            })
            .await
    }

    type ListResourceStream = list::Events;

    async fn list_resource(
        &self,
        request: Request<proto::list_resource::Request>,
    ) -> Answer<Self::ListResourceStream> {
        let (provider, call, request) = (self.provider(), self.call(), request.into_inner());
        let name = request.type_name.clone();
        let events = self
            .calls
            .run("ListResource", Subject::ListResource(&name), async move {
                list::events(&*provider, call, request).await
            })
            .await
            .unwrap_or_else(|| vec![list::only(serve::panicked("ListResource"))]);
        Ok(Response::new(list::stream(events)))
    }

    async fn get_functions(
        &self,
        _: Request<proto::get_functions::Request>,
    ) -> Answer<proto::get_functions::Response> {
        let functions = provider::functions(&*self.provider);
        Ok(Response::new(proto::get_functions::Response { functions, diagnostics: Vec::new() }))
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Answer<proto::call_function::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let answer = self.calls.run("CallFunction", Subject::Provider, async move {
            function::call(&*provider, &request)
        });
        Ok(Response::new(answer.await.unwrap_or_else(function::panicked)))
    }

    async fn validate_action_config(
        &self,
        request: Request<proto::validate_action_config::Request>,
    ) -> Answer<proto::validate_action_config::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.action_type.clone();
        self.calls
            .serve("ValidateActionConfig", Subject::Action(&name), async move {
                action::validate(&*provider, &request)
            })
            .await
    }

    async fn plan_action(
        &self,
        request: Request<proto::plan_action::Request>,
    ) -> Answer<proto::plan_action::Response> {
        let (provider, request) = (self.provider(), request.into_inner());
        let name = request.action_type.clone();
        self.calls
            .serve("PlanAction", Subject::Action(&name), async move {
                action::plan(&*provider, &request)
            })
            .await
    }

    type InvokeActionStream = action::Events;

    async fn invoke_action(
        &self,
        request: Request<proto::invoke_action::Request>,
    ) -> Answer<Self::InvokeActionStream> {
        let (provider, call, request) = (self.provider(), self.call(), request.into_inner());
        let (sender, events) = action::channel();
        let calls = self.calls.clone();
        tokio::spawn(async move {
            let name = request.action_type.clone();
            let progress = sender.clone();
            let work = async move { action::invoke(&*provider, call, &request, &progress).await };
            let outcome: Option<Diagnostics> =
                calls.run("InvokeAction", Subject::Action(&name), work).await;
            let diagnostics = outcome.unwrap_or_else(|| serve::panicked("InvokeAction"));
            // Without a reader the run is over, and the action is done all the same.
            let _ = sender.send(Ok(action::completed(diagnostics)));
        });
        Ok(Response::new(events))
    }

    async fn generate_resource_config(
        &self,
        _: Request<proto::generate_resource_config::Request>,
    ) -> Answer<proto::generate_resource_config::Response> {
        Err(not_offered())
    }

    async fn validate_state_store_config(
        &self,
        _: Request<proto::validate_state_store_config::Request>,
    ) -> Answer<proto::validate_state_store_config::Response> {
        Err(not_offered())
    }

    async fn configure_state_store(
        &self,
        _: Request<proto::configure_state_store::Request>,
    ) -> Answer<proto::configure_state_store::Response> {
        Err(not_offered())
    }

    async fn get_states(
        &self,
        _: Request<proto::get_states::Request>,
    ) -> Answer<proto::get_states::Response> {
        Err(not_offered())
    }

    async fn delete_state(
        &self,
        _: Request<proto::delete_state::Request>,
    ) -> Answer<proto::delete_state::Response> {
        Err(not_offered())
    }

    async fn lock_state(
        &self,
        _: Request<proto::lock_state::Request>,
    ) -> Answer<proto::lock_state::Response> {
        Err(not_offered())
    }

    async fn unlock_state(
        &self,
        _: Request<proto::unlock_state::Request>,
    ) -> Answer<proto::unlock_state::Response> {
        Err(not_offered())
    }

    type ReadStateBytesStream = Empty<Result<proto::read_state_bytes::ResponseChunk, Status>>;

    async fn read_state_bytes(
        &self,
        _: Request<proto::read_state_bytes::Request>,
    ) -> Answer<Self::ReadStateBytesStream> {
        Err(not_offered())
    }

    async fn write_state_bytes(
        &self,
        _: Request<Streaming<proto::write_state_bytes::RequestChunk>>,
    ) -> Answer<proto::write_state_bytes::Response> {
        Err(not_offered())
    }
}
