//! Terraform's side of a run that goes on after failures: objects with their states, and
//! what was said.

use std::collections::BTreeMap;

use ibm_sm_emulator::seed::ENGINE_API_KEY;
use ibm_sm_provider::plugin::proto::tfplugin6 as proto;
use serde_json::{Value, json};

use crate::support::core::{
    Schema, Stored, capabilities, complete, decode, encode, identity, identity_of, proposed,
    schema_of,
};
use crate::support::emulator::Emulator;
use crate::support::session::{Said, Session, in_instance, said, value};

pub(crate) const SECRET: &str = "ibm_sm_iam_credentials_secret";
pub(crate) const ARBITRARY: &str = "ibm_sm_arbitrary_secret";
pub(crate) const GROUP: &str = "ibm_sm_secret_group";
pub(crate) const LEASE: &str = "ibm_sm_iam_credentials_lease";

/// A block of the configuration, and what the state has of it.
pub(crate) struct Object {
    pub(crate) resource: &'static str,
    pub(crate) config: Value,
    pub(crate) stored: Option<Stored>,
    /// Its create failed half way: Terraform replaces it.
    tainted: bool,
}

impl Object {
    pub(crate) fn new(resource: &'static str, config: Value) -> Self {
        Object { resource, config: in_instance(config), stored: None, tainted: false }
    }
}

/// One run of Terraform.
pub(crate) struct World {
    pub(crate) session: Session,
    schemas: BTreeMap<&'static str, Schema>,
    /// The private states of open leases.
    pub(crate) leases: Vec<Vec<u8>>,
}

/// The engine, which everything else needs.
pub(crate) async fn configure_engine(emulator: &Emulator) {
    let engine = json!({"config_type": "iam_credentials_configuration", "name": "engine",
                        "api_key": ENGINE_API_KEY});
    emulator.create("configurations", engine).await;
}

impl World {
    pub(crate) async fn start(emulator: &Emulator) -> Self {
        let mut session = Session::with(emulator).await;
        let mut schemas = BTreeMap::new();
        for resource in [SECRET, ARBITRARY, GROUP] {
            schemas.insert(resource, schema_of(&mut session, resource).await);
        }
        World { session, schemas, leases: Vec::new() }
    }

    /// Refreshes, plans and applies one object. True if the plan had changes.
    pub(crate) async fn apply(&mut self, object: &mut Object) -> Result<bool, Vec<Said>> {
        self.refresh(object).await?;
        if object.tainted {
            self.destroy(object).await?;
        }
        let config = complete(&self.schemas[object.resource], &object.config);
        let mut planned = self.plan(object, &config).await?;
        if replaces(&planned, object) {
            self.destroy(object).await?;
            planned = self.plan(object, &config).await?;
        }
        let before = prior(object);
        if decode(planned.planned_state.as_ref()) == before {
            return Ok(false);
        }
        let planned_state = planned.planned_state;
        self.change(object, &before, planned_state, &config, planned.planned_private).await?;
        Ok(true)
    }

    /// Destroys what exists of an object.
    pub(crate) async fn destroy(&mut self, object: &mut Object) -> Result<(), Vec<Said>> {
        let Some(stored) = object.stored.clone() else { return Ok(()) };
        let nothing = Some(encode(&Value::Null));
        self.change(object, &stored.state, nothing, &Value::Null, stored.private).await
    }

    /// Reads an object, which may be gone.
    pub(crate) async fn refresh(&mut self, object: &mut Object) -> Result<(), Vec<Said>> {
        let Some(stored) = &object.stored else { return Ok(()) };
        let request = proto::read_resource::Request {
            type_name: object.resource.to_owned(),
            current_state: Some(encode(&stored.state)),
            private: stored.private.clone(),
            current_identity: Some(identity(&stored.identity)),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let response = self.session.provider.read_resource(request).await.unwrap().into_inner();
        let state = decode(response.new_state.as_ref());
        let identity = identity_of(response.new_identity);
        object.stored =
            (!state.is_null()).then_some(Stored { state, private: response.private, identity });
        errors(response.diagnostics)
    }

    async fn plan(
        &mut self,
        object: &Object,
        config: &Value,
    ) -> Result<proto::plan_resource_change::Response, Vec<Said>> {
        let schema = &self.schemas[object.resource];
        let before = prior(object);
        let request = proto::validate_resource_config::Request {
            type_name: object.resource.to_owned(),
            config: Some(encode(config)),
            client_capabilities: Some(capabilities()),
        };
        let response = self.session.provider.validate_resource_config(request).await.unwrap();
        errors(response.into_inner().diagnostics)?;
        let stored = object.stored.as_ref();
        let request = proto::plan_resource_change::Request {
            type_name: object.resource.to_owned(),
            prior_state: Some(encode(&before)),
            proposed_new_state: Some(encode(&proposed(schema, &before, config))),
            config: Some(encode(config)),
            prior_private: stored.map(|stored| stored.private.clone()).unwrap_or_default(),
            prior_identity: stored.map(|stored| identity(&stored.identity)),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let response = self.session.provider.plan_resource_change(request).await.unwrap();
        let response = response.into_inner();
        errors(response.diagnostics.clone())?;
        Ok(response)
    }

    async fn change(
        &mut self,
        object: &mut Object,
        before: &Value,
        planned: Option<proto::DynamicValue>,
        config: &Value,
        private: Vec<u8>,
    ) -> Result<(), Vec<Said>> {
        let stored = object.stored.as_ref();
        let request = proto::apply_resource_change::Request {
            type_name: object.resource.to_owned(),
            prior_state: Some(encode(before)),
            planned_state: planned,
            config: Some(encode(config)),
            planned_private: private,
            planned_identity: stored.map(|stored| identity(&stored.identity)),
            ..Default::default()
        };
        let response = self.session.provider.apply_resource_change(request).await.unwrap();
        let response = response.into_inner();
        let state = decode(response.new_state.as_ref());
        let identity = identity_of(response.new_identity);
        let is_new = object.stored.is_none();
        object.stored =
            (!state.is_null()).then_some(Stored { state, private: response.private, identity });
        let outcome = errors(response.diagnostics);
        object.tainted = is_new && outcome.is_err() && object.stored.is_some();
        outcome
    }

    /// Opens a lease, and leaves it open.
    pub(crate) async fn open_lease(&mut self, config: Value) -> Result<(), Vec<Said>> {
        let request = proto::open_ephemeral_resource::Request {
            type_name: LEASE.to_owned(),
            config: Some(value(&in_instance(config))),
            client_capabilities: Some(capabilities()),
        };
        let response = self.session.provider.open_ephemeral_resource(request).await.unwrap();
        let response = response.into_inner();
        errors(response.diagnostics)?;
        self.leases.push(response.private.expect("a lease has private state"));
        Ok(())
    }

    /// Renews a lease. What became of it is only told.
    pub(crate) async fn renew_lease(&mut self, index: usize) -> Result<(), Vec<Said>> {
        let request = proto::renew_ephemeral_resource::Request {
            type_name: LEASE.to_owned(),
            private: Some(self.leases[index].clone()),
        };
        let response = self.session.provider.renew_ephemeral_resource(request).await.unwrap();
        let response = response.into_inner();
        errors(response.diagnostics)?;
        self.leases[index] = response.private.unwrap_or_else(|| self.leases[index].clone());
        Ok(())
    }

    /// Closes a lease; it stays in the list if that fails.
    pub(crate) async fn close_lease(&mut self, index: usize) -> Result<(), Vec<Said>> {
        let request = proto::close_ephemeral_resource::Request {
            type_name: LEASE.to_owned(),
            private: Some(self.leases[index].clone()),
        };
        let response = self.session.provider.close_ephemeral_resource(request).await.unwrap();
        errors(response.into_inner().diagnostics)?;
        self.leases.remove(index);
        Ok(())
    }
}

fn prior(object: &Object) -> Value {
    object.stored.as_ref().map_or(Value::Null, |stored| stored.state.clone())
}

/// Whether an attribute that forces replacement changes.
fn replaces(planned: &proto::plan_resource_change::Response, object: &Object) -> bool {
    use proto::attribute_path::step::Selector;
    let (before, after) = (prior(object), decode(planned.planned_state.as_ref()));
    object.stored.is_some()
        && planned.requires_replace.iter().any(|path| match &path.steps[0].selector {
            Some(Selector::AttributeName(name)) => before[name] != after[name],
            _ => false,
        })
}

/// The errors among some diagnostics, if there are any.
pub(crate) fn errors(diagnostics: Vec<proto::Diagnostic>) -> Result<(), Vec<Said>> {
    let errors: Vec<Said> =
        said(diagnostics).into_iter().filter(|said| said.severity == "error").collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
