//! What a managed resource type implements, and the untyped form of it that the
//! plugin calls.
//!
//! A resource type has to know only its model and its sequence of calls; everything
//! that Terraform requires of every resource is done here, once.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{to_model, to_object};
use super::context::{Context, Pending};
use super::diag::{AttributePath, Diagnostics, Report, path};
use super::plan::{PlanRequest, Planned, plan, refreshed, settle};
use super::private_state::PrivateState;
use super::schema::{IdentityAttribute, Schema};
use super::value::{Object, ValueAny, attribute, is_blank};

/// What a read finds.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading<S> {
    /// The object as the service has it now.
    Present(S),
    /// The object is gone.
    Gone,
    /// The object is gone, but its delete still has something to remove elsewhere. It stays in
    /// the state as it was, and the next plan replaces or destroys it.
    Outlived(S),
}

/// The attribute that forces the replacement of an object that is gone: the new one has another.
const ID: &str = "id";

/// A managed resource type, in terms of its own model.
pub trait ManagedResource: Send + Sync + 'static {
    /// The typed model of configuration, plan and state.
    type State: Serialize + DeserializeOwned + Clone + PartialEq + Send + 'static;

    /// The full type name, `ibm_sm_…`.
    fn type_name(&self) -> &'static str;

    /// Every attribute, once.
    fn schema(&self) -> &Schema;

    /// The attributes that together identify the object, for its whole life.
    fn identity(&self) -> &'static [IdentityAttribute];

    /// Checks rules across attributes. The configuration may contain unknown values.
    fn validate(&self, config: &Self::State) -> Diagnostics;

    /// The key of the provider's private state, which distinguishes it from other
    /// providers'.
    fn private_state_key(&self) -> &'static str;

    /// Computed attributes that an update changes even if the configuration does
    /// not. It must depend on its arguments alone: Terraform plans again during the
    /// apply, and both plans must agree.
    fn planned_changes(&self, prior: &Self::State, config: &Self::State)
    -> &'static [&'static str];

    /// Refines the plan where more is known than the schema says, and warns of what
    /// the user should know before it is applied.
    fn modify_plan(
        &self,
        prior: Option<&Self::State>,
        config: &Self::State,
        plan: &mut Self::State,
    ) -> Diagnostics;

    /// Warns of what it means that the plan replaces the object.
    fn replacing(&self, prior: &Self::State, plan: &Self::State) -> Diagnostics;

    /// Takes out of a state what a configuration must not contain, although the user may
    /// set it.
    fn leave_out(&self, state: &mut Self::State);

    /// What the service has now. `prior` serves only to find the object, and to
    /// avoid calls for values that it has already.
    fn read(
        &self,
        context: Context,
        prior: Self::State,
    ) -> impl Future<Output = Report<Reading<Self::State>>> + Send;

    /// Creates the object. Once it exists it is returned, whatever else fails.
    /// `config` contains what the plan must not: write-only values.
    fn create(
        &self,
        context: Context,
        plan: Self::State,
        config: Self::State,
    ) -> impl Future<Output = Report<Option<Self::State>>> + Send;

    /// Updates the object; together with an error, returns the state that exists by
    /// then.
    fn update(
        &self,
        context: Context,
        prior: Self::State,
        plan: Self::State,
        config: Self::State,
    ) -> impl Future<Output = Report<Self::State>> + Send;

    /// Deletes the object. If it is already gone, that is a success.
    fn delete(
        &self,
        context: Context,
        prior: Self::State,
    ) -> impl Future<Output = Diagnostics> + Send;

    /// The state from which the read that follows finds the object with this id.
    fn import(&self, id: &str) -> Result<Self::State, Diagnostics>;
}

/// The outcome of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanResponse {
    /// The planned state; `None` for a destroy.
    pub state: Option<Object>,
    /// The attributes that require replacement.
    pub requires_replace: Vec<AttributePath>,
    /// The private state for the apply.
    pub private: Vec<u8>,
}

/// A state and the private state to store with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// The state; `None` if there is no such object.
    pub state: Option<Object>,
    /// The provider's private state.
    pub private: Vec<u8>,
}

/// A change to apply. A destroy has neither planned state nor configuration, a
/// create has no prior state.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The prior state.
    pub prior: Option<Object>,
    /// The planned state.
    pub planned: Option<Object>,
    /// The configuration, wholly known.
    pub config: Option<Object>,
}

/// The untyped form of a managed resource type, which the plugin calls.
pub trait AnyResource: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute.
    fn schema(&self) -> &Schema;
    /// The attributes that identify the object.
    fn identity(&self) -> &'static [IdentityAttribute];
    /// Checks a configuration that may contain unknown values.
    fn validate(&self, config: &Object) -> Diagnostics;
    /// Plans a create if `prior` is `None`, a destroy if `proposed` is `None`, or else
    /// an update.
    fn plan(
        &self,
        prior: Option<Object>,
        proposed: Option<Object>,
        config: Option<Object>,
        private: &[u8],
    ) -> Report<PlanResponse>;
    /// Creates, updates or deletes, depending on which of the two states is present.
    fn apply(
        &self,
        context: Context,
        change: Change,
        private: Vec<u8>,
    ) -> Pending<'_, Report<Stored>>;
    /// Refreshes a state.
    fn read(
        &self,
        context: Context,
        prior: Object,
        private: Vec<u8>,
    ) -> Pending<'_, Report<Stored>>;
    /// The state that the read that follows completes.
    fn import(&self, id: &str) -> Result<Object, Diagnostics>;
    /// A configuration of the object with this state.
    fn configuration(&self, state: &Object) -> Result<Object, Diagnostics>;
    /// The private state of an object that has not been planned yet.
    fn new_private_state(&self) -> Vec<u8>;
}

impl<R: ManagedResource> AnyResource for R {
    fn type_name(&self) -> &'static str {
        ManagedResource::type_name(self)
    }

    fn schema(&self) -> &Schema {
        ManagedResource::schema(self)
    }

    fn identity(&self) -> &'static [IdentityAttribute] {
        ManagedResource::identity(self)
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        let mut diagnostics = ManagedResource::schema(self).validate(config);
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
    ) -> Report<PlanResponse> {
        let (Some(proposed), Some(config)) = (proposed, config) else {
            let response = PlanResponse { private: private.to_vec(), ..PlanResponse::default() };
            return Report::of(response);
        };
        match plan_change(self, prior.as_ref(), &proposed, &config, private) {
            Ok(report) => report,
            Err(bug) => Report::with(PlanResponse::default(), bug),
        }
    }

    fn apply(
        &self,
        context: Context,
        change: Change,
        private: Vec<u8>,
    ) -> Pending<'_, Report<Stored>> {
        Box::pin(async move {
            let fallback = change.prior.clone();
            let Change { prior, planned, config } = change;
            let config = config.unwrap_or_else(|| ManagedResource::schema(self).nulls());
            let key = self.private_state_key();
            let own = PrivateState::parse(&private, key);
            let mut context = context;
            context.replaces = own.as_ref().is_some_and(|own| own.replaces);
            context.remember(own.as_ref().and_then(|own| own.note.clone()));
            let notes = context.clone();
            let applied = match (prior, planned) {
                (None, None) => Ok(Report::of(None)),
                (None, Some(planned)) => create(self, context, planned, config).await,
                (Some(prior), Some(planned)) => update(self, context, prior, planned, config).await,
                (Some(prior), None) => delete(self, context, prior).await,
            };
            let report = applied.unwrap_or_else(|bug| Report::with(fallback, bug));
            let note = notes.recall().filter(|_| report.failed());
            let private = match own {
                Some(own) if own.note != note => PrivateState { note, ..own }.to_bytes(key),
                _ => private,
            };
            report.map(|state| Stored { state, private })
        })
    }

    fn read(
        &self,
        context: Context,
        prior: Object,
        private: Vec<u8>,
    ) -> Pending<'_, Report<Stored>> {
        Box::pin(async move {
            let key = self.private_state_key();
            let own = PrivateState::parse(&private, key);
            let stored = |prior, private| Stored { state: Some(prior), private };
            let model: R::State = match to_model(&prior) {
                Ok(model) => model,
                Err(bug) => return Report::with(stored(prior, private), bug),
            };
            context.remember(own.as_ref().and_then(|own| own.note.clone()));
            let notes = context.clone();
            let report = ManagedResource::read(self, context, model.clone()).await;
            // After an error nothing new is known, so the stored state remains.
            if report.failed() {
                return Report::with(stored(prior, private), report.diagnostics);
            }
            let (returned, gone) = match report.value {
                Reading::Present(state) => (Some(state), false),
                Reading::Gone => (None, true),
                Reading::Outlived(state) => (Some(state), true),
            };
            let state = match returned {
                // Nearly always: a read that finds nothing new leaves the state as it is.
                Some(returned) if returned == model => Some(prior),
                Some(returned) => match to_object(&returned) {
                    Ok(returned) => {
                        let schema = ManagedResource::schema(self);
                        Some(refreshed(schema, &prior, returned, own.is_none()))
                    }
                    Err(bug) => return Report::with(stored(prior, private), bug),
                },
                None => None,
            };
            let own = PrivateState { gone, note: notes.recall(), ..own.unwrap_or_default() };
            let private = own.to_bytes(key);
            Report::with(Stored { state, private }, report.diagnostics)
        })
    }

    fn import(&self, id: &str) -> Result<Object, Diagnostics> {
        to_object(&ManagedResource::import(self, id)?)
    }

    fn configuration(&self, state: &Object) -> Result<Object, Diagnostics> {
        let mut model = to_model(state)?;
        ManagedResource::leave_out(self, &mut model);
        let mut configuration = to_object(&model)?;
        for declared in ManagedResource::schema(self).iter() {
            let is_left_out = !declared.is_configurable()
                || declared.blank_is_absent && is_blank(attribute(&configuration, declared.name));
            if is_left_out {
                configuration.insert(declared.name.to_owned(), ValueAny::Null);
            }
        }
        Ok(configuration)
    }

    fn new_private_state(&self) -> Vec<u8> {
        PrivateState::default().to_bytes(self.private_state_key())
    }
}

fn plan_change<R: ManagedResource>(
    resource: &R,
    prior: Option<&Object>,
    proposed: &Object,
    config: &Object,
    private: &[u8],
) -> Result<Report<PlanResponse>, Diagnostics> {
    let key = resource.private_state_key();
    let own = PrivateState::parse(private, key);
    // Core plans the create of a replacement with the private state of the plan
    // before (plugin-protocol.md 4.3); any other create has none.
    let replaces = prior.is_none() && own.is_some();
    let own = own.unwrap_or_default();
    // An object that is gone is planned like a new one, in the place of what is left of it.
    let gone = own.gone && prior.is_some();
    let prior = prior.filter(|_| !gone);
    let before: Option<R::State> = prior.map(to_model).transpose()?;
    let config_model = to_model(config)?;
    let planned_changes = match &before {
        Some(before) => resource.planned_changes(before, &config_model),
        None => &[],
    };
    let configured_before = &own.configured;
    let request = PlanRequest { prior, proposed, config, configured_before, planned_changes };
    let Planned { state, mut requires_replace, configured } =
        plan(ManagedResource::schema(resource), request);
    requires_replace.extend(gone.then(|| path(ID)));
    let unmodified: R::State = to_model(&state)?;
    let mut model = unmodified.clone();
    let mut diagnostics = resource.modify_plan(before.as_ref(), &config_model, &mut model);
    if let Some(before) = before.filter(|_| !requires_replace.is_empty()) {
        // Core plans the create next, and drops the warnings of that plan (plugin-protocol.md 4.3).
        diagnostics = resource.modify_plan(None, &config_model, &mut unmodified.clone());
        diagnostics.add_diagnostics(resource.replacing(&before, &model));
    }
    let response = PlanResponse {
        state: Some(if model == unmodified { state } else { to_object(&model)? }),
        requires_replace,
        private: PrivateState { configured, replaces, gone: false, note: own.note }.to_bytes(key),
    };
    Ok(Report::with(response, diagnostics))
}

async fn create<R: ManagedResource>(
    resource: &R,
    context: Context,
    planned: Object,
    config: Object,
) -> Result<Report<Option<Object>>, Diagnostics> {
    let report = resource.create(context, to_model(&planned)?, to_model(&config)?).await;
    let failed = report.failed();
    let returned = report.value.as_ref().map(to_object).transpose()?;
    let state = returned.map(|returned| finish(resource, &planned, returned, failed));
    Ok(Report::with(state, report.diagnostics))
}

async fn update<R: ManagedResource>(
    resource: &R,
    context: Context,
    prior: Object,
    planned: Object,
    config: Object,
) -> Result<Report<Option<Object>>, Diagnostics> {
    let (prior, plan, config) = (to_model(&prior)?, to_model(&planned)?, to_model(&config)?);
    let report = resource.update(context, prior, plan, config).await;
    let failed = report.failed();
    let returned = to_object(&report.value)?;
    Ok(Report::with(Some(finish(resource, &planned, returned, failed)), report.diagnostics))
}

async fn delete<R: ManagedResource>(
    resource: &R,
    context: Context,
    prior: Object,
) -> Result<Report<Option<Object>>, Diagnostics> {
    let diagnostics = resource.delete(context, to_model(&prior)?).await;
    let state = (!diagnostics.errors.is_empty()).then_some(prior);
    Ok(Report::with(state, diagnostics))
}

/// The state to store: after an error what exists, and otherwise what was planned.
fn finish<R: ManagedResource>(
    resource: &R,
    planned: &Object,
    returned: Object,
    failed: bool,
) -> Object {
    let schema = ManagedResource::schema(resource);
    if failed {
        refreshed(schema, planned, returned, false)
    } else {
        settle(schema, planned, returned)
    }
}
