//! The provider's binary seen from the host that starts it: process, transport,
//! logs and end (plugin-protocol.md 6.1).

use ibm_sm_emulator::seed::ENGINE_API_KEY;
use ibm_sm_provider::plugin::proto::tfplugin6::get_provider_schema;

use serde_json::json;

use crate::support::emulator::Emulator;
use crate::support::plugin::Connection;

mod actions;
mod adoption;
mod core_rules;
mod data_sources;
mod debug;
mod encryption;
mod end;
mod ephemerals;
mod functions;
mod hostile;
mod identities;
mod imports;
mod lists;
mod logs;
mod lost_versions;
mod orphans;
mod required;
mod service;
mod start;
mod takeovers;
mod together;

/// Makes a call that every provider serves at any time.
async fn assert_serves(connection: &Connection) {
    let mut provider = connection.provider.clone().max_decoding_message_size(64 << 20);
    let request = get_provider_schema::Request::default();
    let schema = provider.get_provider_schema(request).await.unwrap();
    let schema = schema.into_inner();
    assert!(schema.provider.is_some(), "a provider schema");
    assert_eq!(schema.diagnostics, []);
}

/// An emulator with a configured engine.
async fn with_engine() -> Emulator {
    let emulator = Emulator::start().await;
    let engine = json!({"config_type": "iam_credentials_configuration", "name": "engine",
                        "api_key": ENGINE_API_KEY});
    emulator.create("configurations", engine).await;
    emulator
}
