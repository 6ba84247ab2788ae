//! What a noun implements, and the untyped form of it that the wire calls.
//!
//! A noun sees its typed model and the sequence of calls; everything that
//! Terraform demands of every resource alike happens here, once.

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use super::codec::{to_model, to_object};
use super::diag::{AttributePath, Diagnostics, Report, error};
use super::field::FieldSet;
use super::plan::{Planned, Request, plan, refreshed, settle};
use super::private::Private;
use super::value::Object;

/// What surrounds one call of Terraform.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Fires when the user interrupts the run: start nothing new, stop waiting.
    pub cancel: CancellationToken,
}

/// A managed resource, in the terms of its noun.
pub trait ManagedResource: Send + Sync + 'static {
    /// The typed model of configuration, plan and state.
    type State: Serialize + DeserializeOwned + Send + 'static;

    /// The full type name, `ibm_sm_…`.
    fn type_name(&self) -> &'static str;

    /// Every attribute, once.
    fn fields(&self) -> &FieldSet;

    /// Rules across attributes. The configuration may hold unknown values.
    fn validate(&self, config: &Self::State) -> Diagnostics;

    /// The object as the service has it now; `None` when it is gone. `prior` is
    /// only needed to find it, and to spare calls whose answer it holds.
    fn read(
        &self,
        call: Call,
        prior: Self::State,
    ) -> impl Future<Output = Report<Option<Self::State>>> + Send;

    /// Creates the object. Once it exists it is returned, whatever else fails.
    fn create(
        &self,
        call: Call,
        plan: Self::State,
    ) -> impl Future<Output = Report<Option<Self::State>>> + Send;

    /// Changes the object. With an error, the state that exists by then.
    fn update(
        &self,
        call: Call,
        prior: Self::State,
        plan: Self::State,
    ) -> impl Future<Output = Report<Self::State>> + Send;

    /// Deletes the object; one that is gone already counts as deleted.
    fn delete(&self, call: Call, prior: Self::State) -> impl Future<Output = Diagnostics> + Send;

    /// The state that leads a following read to the object with this id.
    fn import(&self, id: &str) -> Result<Self::State, Diagnostics>;
}

/// A future that can be stored and sent.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a plan answers: the state, the paths that replace, the memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanAnswer {
    /// `None` plans a destroy.
    pub state: Option<Object>,
    /// What forces a new object.
    pub requires_replace: Vec<AttributePath>,
    /// What to hand to the apply.
    pub private: Vec<u8>,
}

/// A state and the memory to store with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// `None`: there is no such object.
    pub state: Option<Object>,
    /// The provider's memory of it.
    pub private: Vec<u8>,
}

/// A managed resource without its type: what the wire calls.
pub trait Resource: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute.
    fn fields(&self) -> &FieldSet;
    /// Checks a configuration that may hold unknown values.
    fn validate(&self, config: &Object) -> Diagnostics;
    /// Plans; `prior` none is a create, `proposed` none a destroy.
    fn plan(
        &self,
        prior: Option<Object>,
        proposed: Option<Object>,
        config: Option<Object>,
        private: &[u8],
    ) -> PlanAnswer;
    /// Creates, updates or deletes, by which of the two states is there.
    fn apply(
        &self,
        call: Call,
        prior: Option<Object>,
        planned: Option<Object>,
        private: Vec<u8>,
    ) -> Pending<'_, Report<Stored>>;
    /// Refreshes a state.
    fn read(&self, call: Call, prior: Object, private: Vec<u8>) -> Pending<'_, Report<Stored>>;
    /// The stub that a following read completes.
    fn import(&self, id: &str) -> Result<Object, Diagnostics>;
}

impl<R: ManagedResource> Resource for R {
    fn type_name(&self) -> &'static str {
        ManagedResource::type_name(self)
    }

    fn fields(&self) -> &FieldSet {
        ManagedResource::fields(self)
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        let mut diagnostics = ManagedResource::fields(self).check(config);
        match to_model(config) {
            Ok(model) => diagnostics.add_diagnostics(ManagedResource::validate(self, &model)),
            Err(bug) => diagnostics.add_diagnostics(bug),
        }
        diagnostics
    }

    fn plan(
        &self,
        prior: Option<Object>,
        proposed: Option<Object>,
        config: Option<Object>,
        private: &[u8],
    ) -> PlanAnswer {
        let (Some(proposed), Some(config)) = (proposed, config) else {
            return PlanAnswer { private: private.to_vec(), ..PlanAnswer::default() };
        };
        let memory = Private::parse(private).unwrap_or_default();
        let request = Request {
            prior: prior.as_ref(),
            proposed: &proposed,
            config: &config,
            configured_before: &memory.configured,
        };
        let Planned { state, requires_replace, configured } =
            plan(ManagedResource::fields(self), request);
        PlanAnswer {
            state: Some(state),
            requires_replace,
            private: Private { configured }.to_bytes(),
        }
    }

    fn apply(
        &self,
        call: Call,
        prior: Option<Object>,
        planned: Option<Object>,
        private: Vec<u8>,
    ) -> Pending<'_, Report<Stored>> {
        Box::pin(async move {
            let fallback = prior.clone();
            let answer = match (prior, planned) {
                (None, None) => Ok(Report::of(None)),
                (None, Some(planned)) => create(self, call, planned).await,
                (Some(prior), Some(planned)) => update(self, call, prior, planned).await,
                (Some(prior), None) => delete(self, call, prior).await,
            };
            match answer {
                Ok(report) => report.map(|state| Stored { state, private }),
                Err(bug) => Report::with(Stored { state: fallback, private }, bug),
            }
        })
    }

    fn read(&self, call: Call, prior: Object, private: Vec<u8>) -> Pending<'_, Report<Stored>> {
        Box::pin(async move {
            let memory = Private::parse(&private);
            let stored = Stored { state: Some(prior.clone()), private };
            let model = match to_model(&prior) {
                Ok(model) => model,
                Err(bug) => return Report::with(stored, bug),
            };
            let report = ManagedResource::read(self, call, model).await;
            // An error keeps what was known; nothing has been learned.
            if report.failed() {
                return Report::with(stored, report.diagnostics);
            }
            let state = match report.value.as_ref().map(to_object).transpose() {
                Ok(answered) => answered.map(|answered| {
                    refreshed(ManagedResource::fields(self), &prior, answered, memory.is_none())
                }),
                Err(bug) => return Report::with(stored, bug),
            };
            let private = memory.unwrap_or_default().to_bytes();
            Report::with(Stored { state, private }, report.diagnostics)
        })
    }

    fn import(&self, id: &str) -> Result<Object, Diagnostics> {
        to_object(&ManagedResource::import(self, id)?)
    }
}

async fn create<R: ManagedResource>(
    resource: &R,
    call: Call,
    planned: Object,
) -> Result<Report<Option<Object>>, Diagnostics> {
    let report = resource.create(call, to_model(&planned)?).await;
    let failed = report.failed();
    let answered = report.value.as_ref().map(to_object).transpose()?;
    let state = answered.map(|answered| finish(resource, &planned, answered, failed));
    Ok(Report::with(state, report.diagnostics))
}

async fn update<R: ManagedResource>(
    resource: &R,
    call: Call,
    prior: Object,
    planned: Object,
) -> Result<Report<Option<Object>>, Diagnostics> {
    let report = resource.update(call, to_model(&prior)?, to_model(&planned)?).await;
    let failed = report.failed();
    let answered = to_object(&report.value)?;
    Ok(Report::with(Some(finish(resource, &planned, answered, failed)), report.diagnostics))
}

async fn delete<R: ManagedResource>(
    resource: &R,
    call: Call,
    prior: Object,
) -> Result<Report<Option<Object>>, Diagnostics> {
    let diagnostics = resource.delete(call, to_model(&prior)?).await;
    let state = (!diagnostics.errors.is_empty()).then_some(prior);
    Ok(Report::with(state, diagnostics))
}

/// After an error the state says what exists, in the plan's spelling, and not
/// what was promised.
fn finish<R: ManagedResource>(
    resource: &R,
    planned: &Object,
    answered: Object,
    failed: bool,
) -> Object {
    let fields = ManagedResource::fields(resource);
    if failed {
        refreshed(fields, planned, answered, false)
    } else {
        settle(fields, planned, answered)
    }
}

/// Everything that a provider serves.
pub trait Provider: Send + Sync + 'static {
    /// The attributes of the provider block.
    fn fields(&self) -> &FieldSet;
    /// Checks a provider block that may hold unknown values.
    fn validate(&self, config: &Object) -> Diagnostics;
    /// Takes over a configuration, in place of an earlier one.
    fn configure(&self, config: &Object) -> Diagnostics;
    /// The managed resources.
    fn resources(&self) -> &[Box<dyn Resource>];

    /// The resource of this type, or an error that says it is not served.
    fn resource(&self, type_name: &str) -> Result<&dyn Resource, Diagnostics> {
        self.resources()
            .iter()
            .map(AsRef::as_ref)
            .find(|resource| resource.type_name() == type_name)
            .ok_or_else(|| {
                error(
                    AttributePath::root(),
                    "Unknown resource type",
                    format!("This provider does not serve the resource type {type_name:?}."),
                )
            })
    }
}
