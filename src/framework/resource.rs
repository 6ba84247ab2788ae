//! What a noun implements, and the untyped form of it that the wire calls.
//!
//! A noun sees its typed model and the sequence of calls; everything that
//! Terraform demands of every resource alike happens here, once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::codec::{to_model, to_object};
use super::diag::{AttributePath, Diagnostics, Report};
use super::field::FieldSet;
use super::plan::{Planned, Request, plan, refreshed, settle};
use super::private::Private;
use super::value::Object;

/// What surrounds one call of Terraform.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Fires when the user interrupts the run, or the time is up: start nothing
    /// new, stop waiting.
    pub cancel: CancellationToken,
    time_is_up: Arc<AtomicBool>,
    /// Ends the timer with the call.
    _timer: Option<Arc<DropGuard>>,
}

impl Call {
    /// A call that ends when this token fires.
    pub fn new(cancel: CancellationToken) -> Call {
        Call { cancel, ..Call::default() }
    }

    /// The same call, with an end of its own. Without a limit it has none.
    pub fn within(self, limit: Option<Duration>) -> Call {
        let Some(limit) = limit else { return self };
        let cancel = self.cancel.child_token();
        let time_is_up = Arc::new(AtomicBool::new(false));
        let (timer, flag) = (cancel.clone(), Arc::clone(&time_is_up));
        tokio::spawn(async move {
            tokio::select! {
                () = timer.cancelled() => {}
                () = tokio::time::sleep(limit) => {
                    flag.store(true, Ordering::Relaxed);
                    timer.cancel();
                }
            }
        });
        let timer = Some(Arc::new(cancel.clone().drop_guard()));
        Call { cancel, time_is_up, _timer: timer }
    }

    /// Whether it was the limit of [`Call::within`] that ended the call.
    pub fn ran_out_of_time(&self) -> bool {
        self.time_is_up.load(Ordering::Relaxed)
    }
}

/// A managed resource, in the terms of its noun.
pub trait ManagedResource: Send + Sync + 'static {
    /// The typed model of configuration, plan and state.
    type State: Serialize + DeserializeOwned + Send + 'static;

    /// The full type name, `ibm_sm_…`.
    fn type_name(&self) -> &'static str;

    /// Every attribute, once.
    fn fields(&self) -> &FieldSet;

    /// The attributes that together name the object, for ever.
    fn identity(&self) -> &'static [&'static str];

    /// Rules across attributes. The configuration may hold unknown values.
    fn validate(&self, config: &Self::State) -> Diagnostics;

    /// Computed attributes that an update has to change now, even if the
    /// configuration is the same. It must follow from its arguments alone: the
    /// plan is made again at apply, with the same ones.
    fn due(&self, _prior: &Self::State, _config: &Self::State) -> &'static [&'static str] {
        &[]
    }

    /// What the plan can tell already, where the declaration leaves it open.
    fn refine(&self, _plan: &mut Self::State) {}

    /// What a user should know of the plan before it is applied.
    fn advise(&self, _prior: Option<&Self::State>, _plan: &Self::State) -> Diagnostics {
        Diagnostics::default()
    }

    /// The object as the service has it now; `None` when it is gone. `prior` is
    /// only needed to find it, and to spare calls whose answer it holds.
    fn read(
        &self,
        call: Call,
        prior: Self::State,
    ) -> impl Future<Output = Report<Option<Self::State>>> + Send;

    /// Creates the object. Once it exists it is returned, whatever else fails.
    /// `config` holds what the plan must not: write-only values.
    fn create(
        &self,
        call: Call,
        plan: Self::State,
        config: Self::State,
    ) -> impl Future<Output = Report<Option<Self::State>>> + Send;

    /// Changes the object. With an error, the state that exists by then.
    fn update(
        &self,
        call: Call,
        prior: Self::State,
        plan: Self::State,
        config: Self::State,
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

/// A change to apply; the planned state and the configuration are none for a
/// destroy, the prior state is none for a create.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The state before.
    pub prior: Option<Object>,
    /// The state that the plan promised.
    pub planned: Option<Object>,
    /// The configuration, wholly known.
    pub config: Option<Object>,
}

/// A managed resource without its type: what the wire calls.
pub trait AnyResource: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute.
    fn fields(&self) -> &FieldSet;
    /// The names of the attributes that name the object.
    fn identity(&self) -> &'static [&'static str];
    /// Checks a configuration that may hold unknown values.
    fn validate(&self, config: &Object) -> Diagnostics;
    /// Plans; `prior` none is a create, `proposed` none a destroy.
    fn plan(
        &self,
        prior: Option<Object>,
        proposed: Option<Object>,
        config: Option<Object>,
        private: &[u8],
    ) -> Report<PlanAnswer>;
    /// Creates, updates or deletes, by which of the two states is there.
    fn apply(&self, call: Call, change: Change, private: Vec<u8>) -> Pending<'_, Report<Stored>>;
    /// Refreshes a state.
    fn read(&self, call: Call, prior: Object, private: Vec<u8>) -> Pending<'_, Report<Stored>>;
    /// The stub that a following read completes.
    fn import(&self, id: &str) -> Result<Object, Diagnostics>;
}

impl<R: ManagedResource> AnyResource for R {
    fn type_name(&self) -> &'static str {
        ManagedResource::type_name(self)
    }

    fn fields(&self) -> &FieldSet {
        ManagedResource::fields(self)
    }

    fn identity(&self) -> &'static [&'static str] {
        ManagedResource::identity(self)
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
    ) -> Report<PlanAnswer> {
        let (Some(proposed), Some(config)) = (proposed, config) else {
            let answer = PlanAnswer { private: private.to_vec(), ..PlanAnswer::default() };
            return Report::of(answer);
        };
        match plan_change(self, prior.as_ref(), &proposed, &config, private) {
            Ok(report) => report,
            Err(bug) => Report::with(PlanAnswer::default(), bug),
        }
    }

    fn apply(&self, call: Call, change: Change, private: Vec<u8>) -> Pending<'_, Report<Stored>> {
        Box::pin(async move {
            let fallback = change.prior.clone();
            let Change { prior, planned, config } = change;
            let config = config.unwrap_or_default();
            let answer = match (prior, planned) {
                (None, None) => Ok(Report::of(None)),
                (None, Some(planned)) => create(self, call, planned, config).await,
                (Some(prior), Some(planned)) => update(self, call, prior, planned, config).await,
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

fn plan_change<R: ManagedResource>(
    resource: &R,
    prior: Option<&Object>,
    proposed: &Object,
    config: &Object,
    private: &[u8],
) -> Result<Report<PlanAnswer>, Diagnostics> {
    let memory = Private::parse(private).unwrap_or_default();
    let before: Option<R::State> = prior.map(to_model).transpose()?;
    let due = match &before {
        Some(before) => resource.due(before, &to_model(config)?),
        None => &[],
    };
    let request = Request { prior, proposed, config, configured_before: &memory.configured, due };
    let Planned { state, requires_replace, configured } =
        plan(ManagedResource::fields(resource), request);
    let mut model = to_model(&state)?;
    resource.refine(&mut model);
    let diagnostics = resource.advise(before.as_ref(), &model);
    let answer = PlanAnswer {
        state: Some(to_object(&model)?),
        requires_replace,
        private: Private { configured }.to_bytes(),
    };
    Ok(Report::with(answer, diagnostics))
}

async fn create<R: ManagedResource>(
    resource: &R,
    call: Call,
    planned: Object,
    config: Object,
) -> Result<Report<Option<Object>>, Diagnostics> {
    let report = resource.create(call, to_model(&planned)?, to_model(&config)?).await;
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
    config: Object,
) -> Result<Report<Option<Object>>, Diagnostics> {
    let (prior, plan, config) = (to_model(&prior)?, to_model(&planned)?, to_model(&config)?);
    let report = resource.update(call, prior, plan, config).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_with_a_limit_ends_then_and_says_why() {
        let run = CancellationToken::new();
        let call = Call::new(run.clone()).within(Some(Duration::from_secs(60)));
        call.cancel.cancelled().await;
        assert!(call.ran_out_of_time());
        assert!(!run.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupt_ends_a_call_before_its_limit() {
        let run = CancellationToken::new();
        let call = Call::new(run.clone()).within(Some(Duration::from_secs(60)));
        run.cancel();
        call.cancel.cancelled().await;
        assert!(!call.ran_out_of_time());
    }
}
