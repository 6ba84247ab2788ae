//! Every call of the protocol, in any order and with any content, against a service whose
//! responses are as hostile as the requests.

use std::pin::pin;
use std::sync::LazyLock;
use std::time::Duration;

use ibm_sm_provider::framework::codec::{Encoded, decode, encode};
use ibm_sm_provider::framework::provider::Provider as _;
use ibm_sm_provider::framework::schema::Schema;
use ibm_sm_provider::plugin;
use ibm_sm_provider::plugin::proto::tfplugin6::provider_server::Provider as Service;
use ibm_sm_provider::plugin::proto::tfplugin6::{self as proto, DynamicValue, RawState};
use ibm_sm_provider::provider::IbmSm;
use serde_json::json;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;
use tonic::Request;

use crate::api;
use crate::checks::{HIDDEN, Said};
use crate::input::Input;
use crate::served::provider;

/// How many calls one input can make.
const CALLS: usize = 6;

/// A call that waits for the service this long is stopped, as an interrupt of the user does.
const PATIENCE: Duration = Duration::from_millis(50);

/// A stopped call must end within this time.
const END: Duration = Duration::from_secs(10);

/// The declarations, to build values from.
static DECLARED: LazyLock<IbmSm> = LazyLock::new(provider);

/// A first chunk decides the responses of the service; then come the calls.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut moods = input.chunk().to_vec().into_iter();
    let responder = Box::new(move |request: &api::Request<'_>| {
        api::mood(request, moods.next().unwrap_or_default())
    });
    api::with(responder, |url| async move {
        let mut session = Session::start(&url, data).await;
        for _ in 0..CALLS {
            if input.is_empty() {
                break;
            }
            session.call(&mut input).await;
        }
    });
}

/// A provider process without the process, and what the last call returned.
struct Session<'a> {
    service: Box<dyn Service>,
    state: Option<DynamicValue>,
    private: Vec<u8>,
    said: Said<'a>,
}

impl<'a> Session<'a> {
    /// A service that is configured for the API at this URL.
    async fn start(url: &str, data: &'a [u8]) -> Self {
        let service = plugin::service(provider(), "fuzz");
        let config = json!({
            "ibmcloud_api_key": format!("{HIDDEN}-login"), "region": "us-south", "max_retries": 0,
            "iam_endpoint": url, "secrets_manager_endpoint": url,
        });
        let config = DynamicValue { json: config.to_string().into_bytes(), ..Default::default() };
        let request =
            proto::configure_provider::Request { config: Some(config), ..Default::default() };
        let response = service.configure_provider(Request::new(request)).await.unwrap();
        assert_eq!(response.into_inner().diagnostics, []);
        Session {
            service: Box::new(service),
            state: None,
            private: Vec::new(),
            said: Said::about(data),
        }
    }

    /// Makes one call, and checks what it returns.
    async fn call(&mut self, input: &mut Input<'_>) {
        match input.byte() % 24 {
            0 => self.validate_resource(input).await,
            1 => self.upgrade(input).await,
            2 => self.upgrade_identity(input).await,
            3 => self.move_state(input).await,
            4 => self.import(input).await,
            5 | 6 => self.read(input).await,
            7 | 8 => self.plan(input).await,
            9..=11 => self.apply(input).await,
            12 => self.validate_others(input).await,
            13 | 14 => self.read_data_source(input).await,
            15 | 16 => self.open(input).await,
            17 => self.renew(input).await,
            18 => self.close(input).await,
            19 => self.list(input).await,
            20 => self.invoke(input).await,
            21 => self.function(input).await,
            22 => self.configure(input).await,
            _ => self.ask(input).await,
        }
    }

    async fn validate_resource(&mut self, input: &mut Input<'_>) {
        let (type_name, schema) = resource(input);
        let request = proto::validate_resource_config::Request {
            type_name,
            config: self.value(input, schema),
            client_capabilities: capabilities(input),
        };
        let response = self.end(self.service.validate_resource_config(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
    }

    async fn upgrade(&mut self, input: &mut Input<'_>) {
        let (type_name, schema) = resource(input);
        let request = proto::upgrade_resource_state::Request {
            type_name,
            version: version(input),
            raw_state: self.raw(input, schema),
        };
        let response = self.end(self.service.upgrade_resource_state(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
        self.keep(schema, response.upgraded_state);
    }

    async fn upgrade_identity(&mut self, input: &mut Input<'_>) {
        let (type_name, schema) = resource(input);
        let request = proto::upgrade_resource_identity::Request {
            type_name,
            version: version(input),
            raw_identity: self.raw(input, schema),
        };
        let response =
            self.end(self.service.upgrade_resource_identity(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
    }

    async fn move_state(&mut self, input: &mut Input<'_>) {
        let (target_type_name, schema) = resource(input);
        let addresses = ["registry.terraform.io/ibm-cloud/ibm", "example.test/ibm-sm/ibm", "x"];
        let request = proto::move_resource_state::Request {
            source_provider_address: input.pick(&addresses).to_owned(),
            source_type_name: match input.byte() {
                255 => input.text(),
                _ => target_type_name.clone(),
            },
            source_schema_version: version(input),
            source_state: self.raw(input, schema),
            target_type_name,
            source_private: input.chunk().to_vec(),
            ..Default::default()
        };
        let response = self.end(self.service.move_resource_state(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
        self.private = response.target_private;
        self.keep(schema, response.target_state);
    }

    async fn import(&mut self, input: &mut Input<'_>) {
        let (type_name, schema) = resource(input);
        let by_identity = input.flag();
        let request = proto::import_resource_state::Request {
            type_name,
            id: input.text(),
            client_capabilities: capabilities(input),
            identity: if by_identity { self.identity(input, schema) } else { None },
        };
        let response = self.end(self.service.import_resource_state(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
        for imported in response.imported_resources {
            self.private = imported.private;
            self.keep(schema, imported.state);
        }
    }

    async fn read(&mut self, input: &mut Input<'_>) {
        let (type_name, schema) = resource(input);
        let request = proto::read_resource::Request {
            type_name,
            current_state: self.value(input, schema),
            private: self.private(input),
            client_capabilities: capabilities(input),
            current_identity: self.identity(input, schema),
            ..Default::default()
        };
        let response = self.end(self.service.read_resource(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
        self.private = response.private;
        self.state = response.new_state;
    }

    async fn plan(&mut self, input: &mut Input<'_>) {
        let (type_name, schema) = resource(input);
        let request = proto::plan_resource_change::Request {
            type_name,
            prior_state: self.value(input, schema),
            proposed_new_state: self.value(input, schema),
            config: self.value(input, schema),
            prior_private: self.private(input),
            client_capabilities: capabilities(input),
            prior_identity: self.identity(input, schema),
            ..Default::default()
        };
        let response = self.end(self.service.plan_resource_change(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
        self.private = response.planned_private;
        self.keep(schema, response.planned_state);
    }

    async fn apply(&mut self, input: &mut Input<'_>) {
        let (type_name, schema) = resource(input);
        let request = proto::apply_resource_change::Request {
            type_name,
            prior_state: self.value(input, schema),
            planned_state: self.value(input, schema),
            config: self.value(input, schema),
            planned_private: self.private(input),
            planned_identity: self.identity(input, schema),
            ..Default::default()
        };
        let response = self.end(self.service.apply_resource_change(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
        self.private = response.private;
        self.state = response.new_state;
    }

    async fn validate_others(&mut self, input: &mut Input<'_>) {
        let registry = DECLARED.registry();
        let kind = input.byte() % 5;
        let (type_name, schema) = match kind {
            0 => named(
                input,
                registry.data_sources.iter().map(|one| (one.type_name(), one.schema())),
            ),
            1 => ephemeral(input),
            2 => list(input),
            3 => action(input),
            _ => (String::new(), DECLARED.schema()),
        };
        let config = self.value(input, schema);
        let diagnostics = match kind {
            0 => {
                let request = proto::validate_data_resource_config::Request { type_name, config };
                let call = self.service.validate_data_resource_config(Request::new(request));
                self.end(call).await.diagnostics
            }
            1 => {
                let request =
                    proto::validate_ephemeral_resource_config::Request { type_name, config };
                let call = self.service.validate_ephemeral_resource_config(Request::new(request));
                self.end(call).await.diagnostics
            }
            2 => {
                let request = proto::validate_list_resource_config::Request {
                    type_name,
                    config,
                    include_resource_object: self.value(input, schema),
                    limit: self.value(input, schema),
                };
                let call = self.service.validate_list_resource_config(Request::new(request));
                self.end(call).await.diagnostics
            }
            3 => {
                let request =
                    proto::validate_action_config::Request { action_type: type_name, config };
                let call = self.service.validate_action_config(Request::new(request));
                self.end(call).await.diagnostics
            }
            _ => {
                let request = proto::validate_provider_config::Request { config };
                let call = self.service.validate_provider_config(Request::new(request));
                self.end(call).await.diagnostics
            }
        };
        self.said.sent(&diagnostics);
    }

    async fn read_data_source(&mut self, input: &mut Input<'_>) {
        let served = DECLARED.registry().data_sources.iter();
        let (type_name, schema) = named(input, served.map(|one| (one.type_name(), one.schema())));
        let request = proto::read_data_source::Request {
            type_name,
            config: self.value(input, schema),
            client_capabilities: capabilities(input),
            ..Default::default()
        };
        let response = self.end(self.service.read_data_source(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
        self.keep(schema, response.state);
    }

    async fn open(&mut self, input: &mut Input<'_>) {
        let (type_name, schema) = ephemeral(input);
        let request = proto::open_ephemeral_resource::Request {
            type_name,
            config: self.value(input, schema),
            client_capabilities: capabilities(input),
        };
        let response = self.end(self.service.open_ephemeral_resource(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
        self.private = response.private.unwrap_or_default();
        self.keep(schema, response.result);
    }

    async fn renew(&mut self, input: &mut Input<'_>) {
        let (type_name, _) = ephemeral(input);
        let private = Some(self.private(input));
        let request = proto::renew_ephemeral_resource::Request { type_name, private };
        let response = self.end(self.service.renew_ephemeral_resource(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
    }

    async fn close(&mut self, input: &mut Input<'_>) {
        let (type_name, _) = ephemeral(input);
        let private = Some(self.private(input));
        let request = proto::close_ephemeral_resource::Request { type_name, private };
        let response = self.end(self.service.close_ephemeral_resource(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
    }

    async fn list(&mut self, input: &mut Input<'_>) {
        let (type_name, schema) = list(input);
        let request = proto::list_resource::Request {
            type_name,
            config: self.value(input, schema),
            include_resource_object: input.flag(),
            limit: version(input),
        };
        let mut events = self.end(self.service.list_resource(Request::new(request))).await;
        while let Some(event) = events.next().await {
            let event = event.expect("an event");
            self.said.sent(&event.diagnostic);
            self.said.text(&event.display_name);
        }
    }

    async fn invoke(&mut self, input: &mut Input<'_>) {
        use proto::invoke_action::event::Type;
        let (action_type, schema) = action(input);
        let config = self.value(input, schema);
        let request = proto::plan_action::Request {
            action_type: action_type.clone(),
            config: config.clone(),
            client_capabilities: capabilities(input),
        };
        let response = self.end(self.service.plan_action(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
        let request = proto::invoke_action::Request {
            action_type,
            config,
            client_capabilities: capabilities(input),
        };
        let mut events = self.end(self.service.invoke_action(Request::new(request))).await;
        let mut completed = false;
        while let Some(event) = timeout(END, events.next()).await.expect("an action ends") {
            match event.expect("an event").r#type.expect("an event has a type") {
                Type::Progress(progress) => self.said.text(&progress.message),
                Type::Completed(end) => {
                    completed = true;
                    self.said.sent(&end.diagnostics);
                }
            }
        }
        assert!(completed, "an action says when it has completed");
    }

    async fn function(&mut self, input: &mut Input<'_>) {
        let functions = &DECLARED.registry().functions;
        let name = match input.byte() {
            255 => input.text(),
            index => functions[usize::from(index) % functions.len()].name.to_owned(),
        };
        let arguments = (0..input.byte() % 3).map(|_| {
            let argument = match input.byte() % 3 {
                0 => return encoded(input.chunk(), &[]),
                1 => json!(input.text()),
                _ => json!(input.byte()),
            };
            encoded(&[], argument.to_string().as_bytes())
        });
        let request = proto::call_function::Request { name, arguments: arguments.collect() };
        let response = self.end(self.service.call_function(Request::new(request))).await;
        assert_ne!(response.result.is_some(), response.error.is_some(), "one of the two");
        if let Some(error) = response.error {
            self.said.text(&error.text);
        }
    }

    /// Configures another service: this one must still reach the API.
    async fn configure(&mut self, input: &mut Input<'_>) {
        let service = plugin::service(provider(), "fuzz");
        let request = proto::configure_provider::Request {
            terraform_version: input.text(),
            config: self.value(input, DECLARED.schema()),
            client_capabilities: capabilities(input),
        };
        let response = self.end(service.configure_provider(Request::new(request))).await;
        self.said.sent(&response.diagnostics);
    }

    /// The calls without arguments.
    async fn ask(&mut self, input: &mut Input<'_>) {
        let said = match input.byte() % 4 {
            0 => {
                let request = Request::new(proto::get_provider_schema::Request::default());
                self.end(self.service.get_provider_schema(request)).await.diagnostics
            }
            1 => {
                let request = Request::new(proto::get_metadata::Request::default());
                self.end(self.service.get_metadata(request)).await.diagnostics
            }
            2 => {
                let request =
                    Request::new(proto::get_resource_identity_schemas::Request::default());
                self.end(self.service.get_resource_identity_schemas(request)).await.diagnostics
            }
            _ => {
                let request = Request::new(proto::get_functions::Request::default());
                self.end(self.service.get_functions(request)).await.diagnostics
            }
        };
        assert_eq!(said, []);
    }

    /// Waits for the end of a call, and stops it when it takes long.
    async fn end<T>(
        &self,
        call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
    ) -> T {
        let mut call = pin!(call);
        let result = match timeout(PATIENCE, &mut call).await {
            Ok(result) => result,
            Err(_) => {
                let stop = Request::new(proto::stop_provider::Request {});
                self.service.stop_provider(stop).await.expect("a response");
                timeout(END, call).await.expect("a stopped call ends")
            }
        };
        // Whatever was asked, the response is a message of the protocol.
        result.expect("a response").into_inner()
    }

    /// Keeps a returned value for the next calls. It fits the schema.
    fn keep(&mut self, schema: &Schema, value: Option<DynamicValue>) {
        if let Some(value) = &value {
            let decoded = decode(schema, Encoded::MsgPack(&value.msgpack));
            assert!(decoded.is_ok(), "a returned value fits the schema");
        }
        self.state = value;
    }

    /// A value for this schema: absent, what came last, one that fits, or any bytes.
    fn value(&self, input: &mut Input<'_>, schema: &Schema) -> Option<DynamicValue> {
        Some(match input.byte() % 8 {
            0 => return None,
            1 => encoded(input.chunk(), &[]),
            2 => encoded(&[], input.chunk()),
            3 | 4 => return self.state.clone(),
            _ => {
                let object = input.object(schema);
                encoded(&encode(schema, Some(&object)).expect("a value can be encoded"), &[])
            }
        })
    }

    /// The same as it is in a state file.
    fn raw(&self, input: &mut Input<'_>, schema: &Schema) -> Option<RawState> {
        let json = match input.byte() % 4 {
            0 => return None,
            1 => input.chunk().to_vec(),
            _ => {
                let object = input.object(schema);
                // What is unknown has no JSON.
                serde_json::to_vec(&object).unwrap_or_default()
            }
        };
        Some(RawState { json, ..Default::default() })
    }

    fn identity(
        &self,
        input: &mut Input<'_>,
        schema: &Schema,
    ) -> Option<proto::ResourceIdentityData> {
        let identity_data = self.value(input, schema);
        input.flag().then_some(proto::ResourceIdentityData { identity_data })
    }

    /// Private state: what came last, or any bytes.
    fn private(&self, input: &mut Input<'_>) -> Vec<u8> {
        match input.byte() % 4 {
            0 => Vec::new(),
            1 => input.chunk().to_vec(),
            _ => self.private.clone(),
        }
    }
}

type Subject = (String, &'static Schema);

/// One of the types that are served, or seldom a name that is not.
fn named(
    input: &mut Input<'_>,
    served: impl Iterator<Item = (&'static str, &'static Schema)>,
) -> Subject {
    let served: Vec<_> = served.collect();
    let choice = input.byte();
    let (type_name, schema) = served[usize::from(choice) % served.len()];
    (if choice == 255 { input.text() } else { type_name.to_owned() }, schema)
}

fn resource(input: &mut Input<'_>) -> Subject {
    named(input, DECLARED.registry().resources.iter().map(|one| (one.type_name(), one.schema())))
}

fn ephemeral(input: &mut Input<'_>) -> Subject {
    let served = DECLARED.registry().ephemeral_resources.iter();
    named(input, served.map(|one| (one.type_name(), one.schema())))
}

fn list(input: &mut Input<'_>) -> Subject {
    let served = DECLARED.registry().list_resources.iter();
    named(input, served.map(|one| (one.type_name(), one.schema())))
}

fn action(input: &mut Input<'_>) -> Subject {
    named(input, DECLARED.registry().actions.iter().map(|one| (one.type_name(), one.schema())))
}

fn encoded(msgpack: &[u8], json: &[u8]) -> DynamicValue {
    DynamicValue { msgpack: msgpack.to_vec(), json: json.to_vec() }
}

fn capabilities(input: &mut Input<'_>) -> Option<proto::ClientCapabilities> {
    let flags = input.byte();
    (flags & 1 == 0).then_some(proto::ClientCapabilities {
        deferral_allowed: flags & 2 == 2,
        write_only_attributes_allowed: flags & 4 == 0,
        ..Default::default()
    })
}

/// A version, or a limit.
fn version(input: &mut Input<'_>) -> i64 {
    input.pick(&[0, 1, 100, -1, i64::MAX, i64::MIN])
}
