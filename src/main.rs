//! Starts the provider.
//!
//! PLACEHOLDER: until the provider of the library is here, one without resources
//! is served, so that the wire can be tried.

use std::process::ExitCode;

use ibm_sm_provider::plugin::proto::tfplugin6::{provider_server::Provider, *};
use ibm_sm_provider::plugin::{self, Identity};
use tonic::{Request, Response, Status};

const IDENTITY: Identity =
    Identity { name: "ibm-sm", address: "ibm-cloud/ibm-sm", version: env!("CARGO_PKG_VERSION") };

struct Placeholder;

type Events<T> = futures::stream::Empty<Result<T, Status>>;

macro_rules! provider {
    ($($method:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl Provider for Placeholder {
            type ListResourceStream = Events<list_resource::Event>;
            type InvokeActionStream = Events<invoke_action::Event>;
            type ReadStateBytesStream = Events<read_state_bytes::ResponseChunk>;

            async fn get_provider_schema(
                &self,
                _: Request<get_provider_schema::Request>,
            ) -> Result<Response<get_provider_schema::Response>, Status> {
                Ok(Response::new(get_provider_schema::Response {
                    provider: Some(Schema {
                        block: Some(schema::Block::default()),
                        ..Schema::default()
                    }),
                    ..get_provider_schema::Response::default()
                }))
            }

            async fn stop_provider(
                &self,
                _: Request<stop_provider::Request>,
            ) -> Result<Response<stop_provider::Response>, Status> {
                Ok(Response::new(stop_provider::Response::default()))
            }

            $(async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                Err(Status::unimplemented(stringify!($method)))
            })*
        }
    };
}

provider! {
    get_metadata(get_metadata::Request) -> get_metadata::Response;
    get_resource_identity_schemas(get_resource_identity_schemas::Request) -> get_resource_identity_schemas::Response;
    validate_provider_config(validate_provider_config::Request) -> validate_provider_config::Response;
    validate_resource_config(validate_resource_config::Request) -> validate_resource_config::Response;
    validate_data_resource_config(validate_data_resource_config::Request) -> validate_data_resource_config::Response;
    upgrade_resource_state(upgrade_resource_state::Request) -> upgrade_resource_state::Response;
    upgrade_resource_identity(upgrade_resource_identity::Request) -> upgrade_resource_identity::Response;
    configure_provider(configure_provider::Request) -> configure_provider::Response;
    read_resource(read_resource::Request) -> read_resource::Response;
    plan_resource_change(plan_resource_change::Request) -> plan_resource_change::Response;
    apply_resource_change(apply_resource_change::Request) -> apply_resource_change::Response;
    import_resource_state(import_resource_state::Request) -> import_resource_state::Response;
    move_resource_state(move_resource_state::Request) -> move_resource_state::Response;
    read_data_source(read_data_source::Request) -> read_data_source::Response;
    generate_resource_config(generate_resource_config::Request) -> generate_resource_config::Response;
    validate_ephemeral_resource_config(validate_ephemeral_resource_config::Request) -> validate_ephemeral_resource_config::Response;
    open_ephemeral_resource(open_ephemeral_resource::Request) -> open_ephemeral_resource::Response;
    renew_ephemeral_resource(renew_ephemeral_resource::Request) -> renew_ephemeral_resource::Response;
    close_ephemeral_resource(close_ephemeral_resource::Request) -> close_ephemeral_resource::Response;
    list_resource(list_resource::Request) -> Self::ListResourceStream;
    validate_list_resource_config(validate_list_resource_config::Request) -> validate_list_resource_config::Response;
    get_functions(get_functions::Request) -> get_functions::Response;
    call_function(call_function::Request) -> call_function::Response;
    validate_action_config(validate_action_config::Request) -> validate_action_config::Response;
    plan_action(plan_action::Request) -> plan_action::Response;
    invoke_action(invoke_action::Request) -> Self::InvokeActionStream;
    validate_state_store_config(validate_state_store_config::Request) -> validate_state_store_config::Response;
    configure_state_store(configure_state_store::Request) -> configure_state_store::Response;
    get_states(get_states::Request) -> get_states::Response;
    delete_state(delete_state::Request) -> delete_state::Response;
    read_state_bytes(read_state_bytes::Request) -> Self::ReadStateBytesStream;
    write_state_bytes(tonic::Streaming<write_state_bytes::RequestChunk>) -> write_state_bytes::Response;
    lock_state(lock_state::Request) -> lock_state::Response;
    unlock_state(unlock_state::Request) -> unlock_state::Response;
}

fn main() -> ExitCode {
    plugin::main(IDENTITY, Placeholder)
}
