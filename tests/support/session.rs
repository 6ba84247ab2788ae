//! A provider process that is configured for an emulator, with calls that Terraform
//! makes, and values as JSON.

use ibm_sm_emulator::seed;
use ibm_sm_provider::plugin::proto::tfplugin6::provider_client::ProviderClient;
use ibm_sm_provider::plugin::proto::tfplugin6::{self as proto, DynamicValue};
use serde_json::{Map, Value, json};
use tonic::transport::Channel;

use super::emulator::Emulator;
use super::plugin::{Launch, Plugin};
use super::values::encode;

/// A provider process and the connection to it.
pub(crate) struct Session {
    pub(crate) provider: ProviderClient<Channel>,
    pub(crate) plugin: Plugin,
}

/// How a process is made to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    /// The host calls `Shutdown`.
    Shutdown,
    /// The host dies, and its connection with it.
    Disconnect,
    /// Somebody sends `SIGTERM`.
    Terminate,
}

/// A diagnostic: `error` or `warning`, the attribute's path, summary, detail.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) severity: &'static str,
    pub(crate) path: String,
    pub(crate) summary: String,
    pub(crate) detail: String,
}

/// One result of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) display_name: String,
    pub(crate) identity: Value,
    pub(crate) object: Option<Value>,
}

impl Session {
    /// Starts a process and does not configure it.
    pub(crate) async fn start() -> Self {
        let plugin = Launch::by_terraform().start().await;
        let provider = plugin.connect().await.provider;
        Self { provider, plugin }
    }

    /// Ends the process, and waits until it has ended in order.
    pub(crate) async fn end(self, ending: Ending) {
        let Self { provider: _connected, plugin } = self;
        match ending {
            Ending::Shutdown => plugin.connect().await.shutdown().await,
            Ending::Disconnect => plugin.disconnect(),
            Ending::Terminate => plugin.process.terminate(),
        }
        // How long it may take is a matter of the tests of the process; a busy machine must not decide here.
        let exit = plugin.process.exit().await;
        assert_eq!(exit.status.code(), Some(0), "{ending:?}");
    }

    /// Starts a process that is configured with a key that has all permissions.
    pub(crate) async fn with(emulator: &Emulator) -> Self {
        Self::with_key(emulator, seed::BOOTSTRAP_API_KEY).await
    }

    /// Starts a process that is configured with this key.
    pub(crate) async fn with_key(emulator: &Emulator, api_key: &str) -> Self {
        Self::with_arguments(emulator, json!({ "ibmcloud_api_key": api_key })).await
    }

    /// Starts a process that is configured with a key that has all permissions, unless these
    /// arguments of the provider block have another.
    pub(crate) async fn with_arguments(emulator: &Emulator, arguments: Value) -> Self {
        let mut session = Self::start().await;
        let url = emulator.url();
        let mut config = json!({
            "ibmcloud_api_key": seed::BOOTSTRAP_API_KEY,
            "region": seed::REGION,
            "iam_endpoint": url,
            "secrets_manager_endpoint": format!("{url}/instances/{{instance_id}}"),
            "max_retries": 0,
        });
        config.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
        let config = Some(encode(&config));
        let request = proto::configure_provider::Request { config, ..Default::default() };
        let answer = session.provider.configure_provider(request).await.unwrap().into_inner();
        assert_eq!(said(answer.diagnostics), []);
        session
    }

    /// Validates and reads a data source, as a plan does.
    pub(crate) async fn read(&mut self, source: &str, config: Value) -> (Value, Vec<Said>) {
        let request = proto::validate_data_resource_config::Request {
            type_name: source.to_owned(),
            config: Some(value(&config)),
        };
        let answer =
            self.provider.validate_data_resource_config(request).await.unwrap().into_inner();
        if !answer.diagnostics.is_empty() {
            return (Value::Null, said(answer.diagnostics));
        }
        let request = proto::read_data_source::Request {
            type_name: source.to_owned(),
            config: Some(value(&config)),
            ..Default::default()
        };
        let answer = self.provider.read_data_source(request).await.unwrap().into_inner();
        (json_of(answer.state.as_ref()), said(answer.diagnostics))
    }

    /// Validates and runs a list, as `terraform query` does.
    pub(crate) async fn list(
        &mut self,
        resource: &str,
        config: Value,
        limit: i64,
        whole: bool,
    ) -> (Vec<Found>, Vec<Said>) {
        let request = proto::validate_list_resource_config::Request {
            type_name: resource.to_owned(),
            config: Some(value(&config)),
            ..Default::default()
        };
        let answer =
            self.provider.validate_list_resource_config(request).await.unwrap().into_inner();
        if !answer.diagnostics.is_empty() {
            return (Vec::new(), said(answer.diagnostics));
        }
        let request = proto::list_resource::Request {
            type_name: resource.to_owned(),
            config: Some(value(&config)),
            include_resource_object: whole,
            limit,
        };
        let mut events = self.provider.list_resource(request).await.unwrap().into_inner();
        let (mut found, mut diagnostics) = (Vec::new(), Vec::new());
        while let Some(event) = events.message().await.unwrap() {
            diagnostics.extend(said(event.diagnostic));
            if let Some(identity) = event.identity {
                found.push(Found {
                    display_name: event.display_name,
                    identity: json_of(identity.identity_data.as_ref()),
                    object: event.resource_object.map(|object| json_of(Some(&object))),
                });
            }
        }
        (found, diagnostics)
    }

    /// Calls a function. The error has the index of the invalid argument, and the
    /// message.
    pub(crate) async fn call(
        &mut self,
        function: &str,
        argument: Value,
    ) -> Result<Value, (Option<i64>, String)> {
        let request = proto::call_function::Request {
            name: function.to_owned(),
            arguments: vec![value(&argument)],
        };
        let answer = self.provider.call_function(request).await.unwrap().into_inner();
        match answer.error {
            None => Ok(json_of(answer.result.as_ref())),
            Some(error) => Err((error.function_argument, error.text)),
        }
    }

    /// Imports by identity and refreshes, as an import block does.
    pub(crate) async fn import(&mut self, resource: &str, identity: Value) -> (Value, Vec<Said>) {
        let identity = proto::ResourceIdentityData { identity_data: Some(value(&identity)) };
        let request = proto::import_resource_state::Request {
            type_name: resource.to_owned(),
            identity: Some(identity),
            ..Default::default()
        };
        let answer = self.provider.import_resource_state(request).await.unwrap().into_inner();
        if !answer.diagnostics.is_empty() {
            return (Value::Null, said(answer.diagnostics));
        }
        assert_eq!(answer.imported_resources.len(), 1);
        let imported = &answer.imported_resources[0];
        assert_eq!(imported.type_name, resource);
        let request = proto::read_resource::Request {
            type_name: resource.to_owned(),
            current_state: imported.state.clone(),
            private: imported.private.clone(),
            ..Default::default()
        };
        let answer = self.provider.read_resource(request).await.unwrap().into_inner();
        (json_of(answer.new_state.as_ref()), said(answer.diagnostics))
    }
}

/// A configuration with the emulator's instance and `more`.
pub(crate) fn in_instance(more: Value) -> Value {
    let mut config = Map::new();
    config.insert("instance_id".to_owned(), json!(seed::INSTANCE_ID));
    config.extend(more.as_object().unwrap().clone());
    Value::Object(config)
}

pub(crate) fn value(json: &Value) -> DynamicValue {
    DynamicValue { msgpack: rmp_serde::to_vec_named(json).unwrap(), json: Vec::new() }
}

pub(crate) fn json_of(value: Option<&DynamicValue>) -> Value {
    match value {
        Some(value) if !value.msgpack.is_empty() => rmp_serde::from_slice(&value.msgpack).unwrap(),
        _ => Value::Null,
    }
}

pub(crate) fn said(diagnostics: Vec<proto::Diagnostic>) -> Vec<Said> {
    use proto::attribute_path::step::Selector;
    use proto::diagnostic::Severity;
    diagnostics
        .into_iter()
        .map(|diagnostic| Said {
            severity: match diagnostic.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Invalid => "invalid",
            },
            path: diagnostic
                .attribute
                .into_iter()
                .flat_map(|path| path.steps)
                .map(|step| match step.selector.unwrap() {
                    Selector::AttributeName(name) => format!(".{name}"),
                    Selector::ElementKeyString(key) => format!("[{key:?}]"),
                    Selector::ElementKeyInt(index) => format!("[{index}]"),
                })
                .collect::<String>()
                .trim_start_matches('.')
                .to_owned(),
            summary: diagnostic.summary,
            detail: diagnostic.detail,
        })
        .collect()
}
