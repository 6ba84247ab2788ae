//! A stand-in for the official provider, whose binary the tests do not have: our types, and one of another service.
//!
//! The test program serves it when Terraform starts it. For our types it answers as our binary
//! does: it shows what Terraform does with two providers, and not what IBM's code does.

use std::process::ExitCode;

use ibm_sm_provider::framework::context::{Context, Pending};
use ibm_sm_provider::framework::diag::{Diagnostics, Report};
use ibm_sm_provider::framework::provider::{Provider, Registry};
use ibm_sm_provider::framework::resource::{AnyResource, Change, PlanResponse, Stored};
use ibm_sm_provider::framework::schema::{IdentityAttribute, Schema, string};
use ibm_sm_provider::framework::value::Object;
use ibm_sm_provider::known_secrets::KnownSecrets;
use ibm_sm_provider::plugin::{self, Identity};
use ibm_sm_provider::provider::IbmSm;

/// Terraform starts plugins with this variable.
const STARTED_BY_TERRAFORM: &str = "TF_PLUGIN_MAGIC_COOKIE";

/// Serves the stand-in, if Terraform started this process.
pub(crate) fn serve_if_started() -> Option<ExitCode> {
    std::env::var_os(STARTED_BY_TERRAFORM)?;
    let identity =
        Identity { name: "ibm", address: "ibm-cloud/ibm", version: "2.5.0", command: "" };
    let ours = IbmSm::new(Box::new(|name| std::env::var(name).ok()));
    // The process serves it until it ends.
    let ours: &'static IbmSm = Box::leak(Box::new(ours));
    let resources = ours.registry().resources.iter();
    let mut resources: Vec<Box<dyn AnyResource>> = resources
        .map(|resource| Box::new(Ours(resource.as_ref())) as Box<dyn AnyResource>)
        .collect();
    resources.push(Box::new(AccessGroup { schema: group_schema() }));
    let registry = Registry { resources, ..Registry::default() };
    Some(plugin::main(identity, StandIn { ours, registry }))
}

struct StandIn {
    ours: &'static IbmSm,
    registry: Registry,
}

impl Provider for StandIn {
    fn schema(&self) -> &Schema {
        self.ours.schema()
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        self.ours.validate(config)
    }

    fn configure(&self, config: &Object) -> Diagnostics {
        self.ours.configure(config)
    }

    /// The official provider takes no moves.
    fn understood_providers(&self) -> &'static [&'static str] {
        &[]
    }

    fn known_secrets(&self) -> &KnownSecrets {
        self.ours.known_secrets()
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }
}

/// One of our resource types, lent.
struct Ours(&'static dyn AnyResource);

impl AnyResource for Ours {
    fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    fn schema(&self) -> &Schema {
        self.0.schema()
    }

    fn identity(&self) -> &'static [IdentityAttribute] {
        self.0.identity()
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        self.0.validate(config)
    }

    fn plan(
        &self,
        prior: Option<Object>,
        proposed: Option<Object>,
        config: Option<Object>,
        private: &[u8],
    ) -> Report<PlanResponse> {
        self.0.plan(prior, proposed, config, private)
    }

    fn apply(
        &self,
        context: Context,
        change: Change,
        private: Vec<u8>,
    ) -> Pending<'_, Report<Stored>> {
        self.0.apply(context, change, private)
    }

    fn read(
        &self,
        context: Context,
        prior: Object,
        private: Vec<u8>,
    ) -> Pending<'_, Report<Stored>> {
        self.0.read(context, prior, private)
    }

    fn import(&self, id: &str) -> Result<Object, Diagnostics> {
        self.0.import(id)
    }

    fn configuration(&self, state: &Object) -> Result<Object, Diagnostics> {
        self.0.configuration(state)
    }

    fn new_private_state(&self) -> Vec<u8> {
        self.0.new_private_state()
    }
}

/// `ibm_iam_access_group`, which stays as it is planned.
struct AccessGroup {
    schema: Schema,
}

fn group_schema() -> Schema {
    Schema::new("An access group.", vec![string("id").computed(), string("name").required()])
}

impl AnyResource for AccessGroup {
    fn type_name(&self) -> &'static str {
        "ibm_iam_access_group"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn identity(&self) -> &'static [IdentityAttribute] {
        &[]
    }

    fn validate(&self, _config: &Object) -> Diagnostics {
        Diagnostics::default()
    }

    fn plan(
        &self,
        _prior: Option<Object>,
        proposed: Option<Object>,
        _config: Option<Object>,
        _private: &[u8],
    ) -> Report<PlanResponse> {
        Report::of(PlanResponse { state: proposed, ..PlanResponse::default() })
    }

    fn apply(
        &self,
        _context: Context,
        change: Change,
        private: Vec<u8>,
    ) -> Pending<'_, Report<Stored>> {
        Box::pin(async { Report::of(Stored { state: change.planned, private }) })
    }

    fn read(
        &self,
        _context: Context,
        prior: Object,
        private: Vec<u8>,
    ) -> Pending<'_, Report<Stored>> {
        Box::pin(async { Report::of(Stored { state: Some(prior), private }) })
    }

    fn import(&self, _id: &str) -> Result<Object, Diagnostics> {
        Ok(Object::default())
    }

    fn configuration(&self, state: &Object) -> Result<Object, Diagnostics> {
        Ok(state.clone())
    }

    fn new_private_state(&self) -> Vec<u8> {
        Vec::new()
    }
}
