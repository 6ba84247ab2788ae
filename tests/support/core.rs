//! Terraform core's side of a change (plugin-protocol.md 4): the same calls in the
//! same order, with core's checks as assertions.
//!
//! Values are JSON, in which [`UNKNOWN`] stands for an unknown value.

use std::collections::BTreeMap;

use ibm_sm_provider::plugin::proto::tfplugin6 as proto;
use serde_json::{Map, Value};

use super::session::{Said, Session, said};
pub(crate) use super::values::{UNKNOWN, decode, encode};

const ERROR: i32 = proto::diagnostic::Severity::Error as i32;

/// The properties of an attribute or block that core's checks depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) computed: bool,
    pub(crate) configurable: bool,
    pub(crate) write_only: bool,
}

/// The attributes and blocks of a resource type, by name.
pub(crate) type Schema = BTreeMap<String, Attribute>;

/// An object in the state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    pub(crate) state: Value,
    pub(crate) private: Vec<u8>,
    pub(crate) identity: Value,
}

/// What a plan does to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Update,
    Replace,
    Destroy,
    Nothing,
}

struct Planned {
    action: Action,
    state: Value,
    private: Vec<u8>,
}

/// Terraform core, with a configured provider and one resource type.
pub(crate) struct Core {
    session: Session,
    resource: &'static str,
    schema: Schema,
}

impl Core {
    /// Core, ready to manage this resource type.
    pub(crate) async fn of(mut session: Session, resource: &'static str) -> Self {
        let schema = schema_of(&mut session, resource).await;
        Core { session, resource, schema }
    }

    /// Plans and applies a change, refreshes, and checks that a second plan is empty.
    /// `planned` is the configuration as it is known while planning, `config` as it
    /// is known while applying.
    pub(crate) async fn apply(
        &mut self,
        prior: Option<&Stored>,
        planned: &Value,
        config: &Value,
    ) -> (Action, Stored) {
        let (planned, config) = (complete(&self.schema, planned), complete(&self.schema, config));
        let first = self.plan(prior, &planned).await;
        let last = self.plan(prior, &config).await;
        assert!(
            first.action == last.action || last.action == Action::Nothing,
            "inconsistent final plan: {:?}, and then {:?}",
            first.action,
            last.action
        );
        assert_eq!(incompatible(&first.state, &last.state), None, "inconsistent final plan");
        let action = last.action;
        let stored = match (action, prior) {
            (Action::Nothing, Some(prior)) => prior.clone(),
            (Action::Replace, Some(prior)) => {
                self.destroy_with(prior, last.private.clone()).await;
                self.change(None, last, &config).await
            }
            (_, prior) => self.change(prior, last, &config).await,
        };
        if let (Some(prior), Action::Update) = (prior, action) {
            assert_eq!(stored.identity, prior.identity, "an identity never changes");
        }
        let stored = self.refresh(&stored).await.expect("the object exists");
        let again = self.plan(Some(&stored), &config).await;
        assert_eq!(again.action, Action::Nothing, "{} became {}", stored.state, again.state);
        (first.action, stored)
    }

    /// Plans and applies a change that may fail. Returns what is stored then, and what was said.
    pub(crate) async fn attempt(
        &mut self,
        prior: Option<&Stored>,
        config: &Value,
    ) -> (Option<Stored>, Vec<Said>) {
        let config = complete(&self.schema, config);
        let planned = self.plan(prior, &config).await;
        assert_ne!(planned.action, Action::Nothing);
        let (prior, planned) = match planned.action {
            Action::Replace => (None, planned),
            _ => (prior, planned),
        };
        let answer = self.request_change(prior, &planned, &config).await;
        let state = decode(answer.new_state.as_ref());
        let stored = match state {
            Value::Null => prior.cloned(),
            state => Some(Stored {
                state,
                private: answer.private,
                identity: identity_of(answer.new_identity),
            }),
        };
        (stored, said(answer.diagnostics))
    }

    /// Plans and applies the destroy of an object.
    pub(crate) async fn destroy(&mut self, prior: &Stored) {
        let request = proto::plan_resource_change::Request {
            type_name: self.resource.to_owned(),
            prior_state: Some(encode(&prior.state)),
            proposed_new_state: Some(encode(&Value::Null)),
            config: Some(encode(&Value::Null)),
            prior_private: prior.private.clone(),
            prior_identity: Some(identity(&prior.identity)),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let answer = self.session.provider.plan_resource_change(request).await;
        let answer = answer.unwrap().into_inner();
        assert_eq!(errors(answer.diagnostics), []);
        assert_eq!(decode(answer.planned_state.as_ref()), Value::Null);
        assert_eq!(answer.planned_private, prior.private);
        self.destroy_with(prior, answer.planned_private).await;
        assert_eq!(self.refresh(prior).await, None, "the object is gone");
    }

    /// Destroys an object, which may fail. Returns what is stored then, and what was said.
    pub(crate) async fn attempt_destroy(&mut self, prior: &Stored) -> (Option<Stored>, Vec<Said>) {
        let private = prior.private.clone();
        let planned = Planned { action: Action::Destroy, state: Value::Null, private };
        let answer = self.request_change(Some(prior), &planned, &Value::Null).await;
        let failed = answer.diagnostics.iter().any(|said| said.severity == ERROR);
        let state = decode(answer.new_state.as_ref());
        assert_eq!(state.is_null(), !failed, "what could not be destroyed stays");
        assert!(!failed || state == prior.state);
        let identity = identity_of(answer.new_identity);
        let stored = failed.then_some(Stored { state, private: answer.private, identity });
        (stored, said(answer.diagnostics))
    }

    /// Upgrades the stored object and reads it; `None` when it is gone.
    pub(crate) async fn refresh(&mut self, stored: &Stored) -> Option<Stored> {
        self.refresh_and_listen(stored).await.0
    }

    /// The same, with the warnings.
    pub(crate) async fn refresh_and_listen(
        &mut self,
        stored: &Stored,
    ) -> (Option<Stored>, Vec<Said>) {
        let request = proto::upgrade_resource_state::Request {
            type_name: self.resource.to_owned(),
            version: 0,
            raw_state: Some(proto::RawState {
                json: stored.state.to_string().into_bytes(),
                ..Default::default()
            }),
        };
        let answer = self.session.provider.upgrade_resource_state(request).await;
        let answer = answer.unwrap().into_inner();
        assert_eq!(errors(answer.diagnostics), []);
        assert_eq!(
            decode(answer.upgraded_state.as_ref()),
            stored.state,
            "an upgrade from the same version changes nothing"
        );
        let request = proto::read_resource::Request {
            type_name: self.resource.to_owned(),
            current_state: answer.upgraded_state,
            private: stored.private.clone(),
            current_identity: Some(identity(&stored.identity)),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let answer = self.session.provider.read_resource(request).await.unwrap().into_inner();
        assert_eq!(errors(answer.diagnostics.clone()), []);
        let warnings = said(answer.diagnostics);
        let state = decode(answer.new_state.as_ref());
        if state == Value::Null {
            return (None, warnings);
        }
        assert_eq!(self.unfinished(&state), [""; 0], "the result of a read");
        assert!(!answer.private.is_empty(), "a read returns the private state");
        let identity = identity_of(answer.new_identity);
        assert_eq!(identity, stored.identity, "a read must return the identity, or core drops it");
        (Some(Stored { state, private: answer.private, identity }), warnings)
    }

    async fn plan(&mut self, prior: Option<&Stored>, config: &Value) -> Planned {
        let private = prior.map(|prior| prior.private.clone()).unwrap_or_default();
        let planned = self.plan_half(prior, &private, config).await;
        if planned.action != Action::Replace {
            return planned;
        }
        // Core records the plan for the new object, which gets the private state
        // from the plan for the change.
        let create = self.plan_half(None, &planned.private, config).await;
        Planned { action: Action::Replace, ..create }
    }

    async fn plan_half(
        &mut self,
        prior: Option<&Stored>,
        private: &[u8],
        config: &Value,
    ) -> Planned {
        let before = prior.map_or(Value::Null, |prior| prior.state.clone());
        let request = proto::validate_resource_config::Request {
            type_name: self.resource.to_owned(),
            config: Some(encode(config)),
            client_capabilities: Some(capabilities()),
        };
        let answer = self.session.provider.validate_resource_config(request).await;
        assert_eq!(errors(answer.unwrap().into_inner().diagnostics), []);
        let request = proto::plan_resource_change::Request {
            type_name: self.resource.to_owned(),
            prior_state: Some(encode(&before)),
            proposed_new_state: Some(encode(&proposed(&self.schema, &before, config))),
            config: Some(encode(config)),
            prior_private: private.to_vec(),
            prior_identity: prior.map(|prior| identity(&prior.identity)),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let answer = self.session.provider.plan_resource_change(request).await;
        let answer = answer.unwrap().into_inner();
        assert_eq!(errors(answer.diagnostics), []);
        assert!(
            !answer.legacy_type_system,
            "the provider does not ask for the lenient checks of legacy SDKs"
        );
        assert!(!answer.planned_private.is_empty(), "a plan returns private state");
        let state = decode(answer.planned_state.as_ref());
        assert_eq!(invalid(&self.schema, &before, config, &state), [""; 0], "invalid plan");
        if let Some(prior) = prior {
            assert_eq!(identity_of(answer.planned_identity), prior.identity);
        }
        let differs = |path: &proto::AttributePath| {
            use proto::attribute_path::step::Selector;
            let Some(Selector::AttributeName(name)) = &path.steps[0].selector else {
                panic!("a path begins with an attribute: {path:?}")
            };
            assert!(
                self.schema.contains_key(name),
                "{name} forces replacement, and is not in the schema"
            );
            before[name] != state[name] || contains_unknown(&state[name])
        };
        let action = match prior {
            None => Action::Create,
            Some(_) if answer.requires_replace.iter().any(differs) => Action::Replace,
            Some(_) if before == state => Action::Nothing,
            Some(_) => Action::Update,
        };
        Planned { action, state, private: answer.planned_private }
    }

    async fn change(&mut self, prior: Option<&Stored>, planned: Planned, config: &Value) -> Stored {
        let answer = self.request_change(prior, &planned, config).await;
        assert_eq!(errors(answer.diagnostics), []);
        assert!(
            !answer.legacy_type_system,
            "the provider does not ask for the lenient checks of legacy SDKs"
        );
        assert_eq!(
            answer.private, planned.private,
            "an apply returns the private state of the plan"
        );
        let state = decode(answer.new_state.as_ref());
        assert_eq!(self.unfinished(&state), [""; 0], "the result of an apply");
        assert_eq!(incompatible(&planned.state, &state), None, "inconsistent result after apply");
        let identity = identity_of(answer.new_identity);
        for (name, value) in identity.as_object().expect("an identity after every apply") {
            assert_eq!(*value, state[name], "the identity is part of the state");
        }
        Stored { state, private: answer.private, identity }
    }

    async fn request_change(
        &mut self,
        prior: Option<&Stored>,
        planned: &Planned,
        config: &Value,
    ) -> proto::apply_resource_change::Response {
        let before = prior.map_or(Value::Null, |prior| prior.state.clone());
        let request = proto::apply_resource_change::Request {
            type_name: self.resource.to_owned(),
            prior_state: Some(encode(&before)),
            planned_state: Some(encode(&planned.state)),
            config: Some(encode(config)),
            planned_private: planned.private.clone(),
            planned_identity: prior.map(|prior| identity(&prior.identity)),
            ..Default::default()
        };
        self.session.provider.apply_resource_change(request).await.unwrap().into_inner()
    }

    async fn destroy_with(&mut self, prior: &Stored, private: Vec<u8>) {
        let request = proto::apply_resource_change::Request {
            type_name: self.resource.to_owned(),
            prior_state: Some(encode(&prior.state)),
            planned_state: Some(encode(&Value::Null)),
            config: Some(encode(&Value::Null)),
            planned_private: private,
            planned_identity: Some(identity(&prior.identity)),
            ..Default::default()
        };
        let answer = self.session.provider.apply_resource_change(request).await;
        let answer = answer.unwrap().into_inner();
        assert_eq!(errors(answer.diagnostics), []);
        assert_eq!(decode(answer.new_state.as_ref()), Value::Null);
    }

    /// The attributes that must not be in a state as they are: unknown values, and
    /// values of write-only attributes.
    fn unfinished(&self, state: &Value) -> Vec<String> {
        let wrong = |(name, one): (&String, &Attribute)| {
            let hidden = one.write_only && state[name] != Value::Null;
            (hidden || contains_unknown(&state[name])).then(|| name.clone())
        };
        self.schema.iter().filter_map(wrong).collect()
    }
}

/// The configuration with null for everything that it leaves out.
pub(crate) fn complete(schema: &Schema, config: &Value) -> Value {
    let given = config.as_object().unwrap();
    let unknown: Vec<_> = given.keys().filter(|name| !schema.contains_key(*name)).collect();
    assert!(unknown.is_empty(), "the configuration has no {unknown:?}");
    let value = |name: &String| given.get(name).cloned().unwrap_or(Value::Null);
    schema.keys().map(|name| (name.clone(), value(name))).collect::<Map<_, _>>().into()
}

/// The schema of a resource type.
pub(crate) async fn schema_of(session: &mut Session, resource: &str) -> Schema {
    let request = proto::get_provider_schema::Request::default();
    let provider = session.provider.clone().max_decoding_message_size(64 << 20);
    session.provider = provider;
    let answer = session.provider.get_provider_schema(request).await.unwrap().into_inner();
    let block = answer.resource_schemas[resource].block.clone().unwrap();
    let attributes = block.attributes.into_iter().map(|one| {
        let configurable = one.required || one.optional;
        let (computed, write_only) = (one.computed, one.write_only);
        (one.name, Attribute { computed, configurable, write_only })
    });
    let in_blocks = Attribute { computed: false, configurable: true, write_only: false };
    let blocks = block.block_types.into_iter().map(|one| (one.type_name, in_blocks));
    attributes.chain(blocks).collect()
}

/// The proposed new state (plugin-protocol.md 4.1).
pub(crate) fn proposed(schema: &Schema, prior: &Value, config: &Value) -> Value {
    let value = |name: &String, one: &Attribute| match &config[name] {
        Value::Null if one.computed => prior[name].clone(),
        given => given.clone(),
    };
    schema.iter().map(|(name, one)| (name.clone(), value(name, one))).collect::<Map<_, _>>().into()
}

/// The attributes whose planned value core rejects (plugin-protocol.md 4.2).
pub(crate) fn invalid(
    schema: &Schema,
    prior: &Value,
    config: &Value,
    planned: &Value,
) -> Vec<String> {
    let is_valid = |name: &String, one: &Attribute| {
        let (before, given, planned) = (&prior[name], &config[name], &planned[name]);
        if one.write_only {
            return planned.is_null();
        }
        given == planned
            || (planned == before && !before.is_null() && !given.is_null())
            || (one.computed && (!one.configurable || given.is_null()))
    };
    let wrong = schema.iter().filter(|(name, one)| !is_valid(name, one));
    wrong.map(|(name, _)| name.clone()).collect()
}

/// The first place where `actual` differs from what was planned, if any
/// (plugin-protocol.md 4.5). An unknown value may become any value.
pub(crate) fn incompatible(planned: &Value, actual: &Value) -> Option<String> {
    match (planned, actual) {
        (Value::String(planned), _) if planned == UNKNOWN => None,
        (Value::Object(planned), Value::Object(actual)) if planned.len() == actual.len() => {
            planned.iter().find_map(|(name, planned)| match actual.get(name) {
                Some(actual) => incompatible(planned, actual).map(|at| format!(".{name}{at}")),
                None => Some(format!(".{name} is missing")),
            })
        }
        (Value::Array(planned), Value::Array(actual)) if planned.len() == actual.len() => {
            planned.iter().zip(actual).enumerate().find_map(|(index, (planned, actual))| {
                incompatible(planned, actual).map(|at| format!("[{index}]{at}"))
            })
        }
        _ => (planned != actual).then(|| format!(": {planned} became {actual}")),
    }
}

fn contains_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => text == UNKNOWN,
        Value::Array(items) => items.iter().any(contains_unknown),
        Value::Object(members) => members.values().any(contains_unknown),
        _ => false,
    }
}

/// What every version since 1.11 says of itself.
pub(crate) fn capabilities() -> proto::ClientCapabilities {
    proto::ClientCapabilities { write_only_attributes_allowed: true, ..Default::default() }
}

fn errors(diagnostics: Vec<proto::Diagnostic>) -> Vec<Said> {
    said(diagnostics).into_iter().filter(|said| said.severity == "error").collect()
}

/// Encodes an identity for the wire.
pub(crate) fn identity(identity: &Value) -> proto::ResourceIdentityData {
    proto::ResourceIdentityData { identity_data: Some(encode(identity)) }
}

/// Decodes the identity in a response; null if it has none.
pub(crate) fn identity_of(identity: Option<proto::ResourceIdentityData>) -> Value {
    decode(identity.and_then(|identity| identity.identity_data).as_ref())
}
