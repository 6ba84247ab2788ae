//! The sequence of calls, and what is saved when one of them fails.

use super::fields::fields;
use super::model::{State, patch, prototype, state};
use crate::client;
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::field::FieldSet;
use crate::framework::resource::{Call, ManagedResource};
use crate::framework::value::text;
use crate::scope::Scope;
use crate::scope::connection::{Connection, Instance};
use crate::scope::failure::{Action, Advice};
use crate::scope::id::ObjectId;
use crate::scope::timeouts;

/// `ibm_sm_secret_group`.
pub struct SecretGroup {
    fields: FieldSet,
    connection: Connection,
}

impl SecretGroup {
    /// The resource, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        SecretGroup { fields: fields(), connection }
    }
}

impl ManagedResource for SecretGroup {
    type State = State;

    fn type_name(&self) -> &'static str {
        "ibm_sm_secret_group"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn identity(&self) -> &'static [&'static str] {
        &["region", "instance_id", "secret_group_id"]
    }

    fn validate(&self, config: &State) -> Diagnostics {
        timeouts::validate(&config.timeouts)
    }

    async fn read(&self, call: Call, prior: State) -> Report<Option<State>> {
        let call = call.within(timeouts::limit(&prior.timeouts, Action::Read));
        let instance = match self.connection.instance(&prior.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(Some(prior), diagnostics),
        };
        match instance.client.get_secret_group(id(&prior)).await {
            Ok(group) => Report::of(Some(state(&prior, &instance, group))),
            Err(reason) if reason.is_not_found() => Report::of(None),
            Err(reason) => {
                let diagnostics = instance.failure(Action::Read, &describe(&prior), &reason, None);
                Report::with(Some(prior), diagnostics)
            }
        }
    }

    async fn create(&self, call: Call, plan: State, _: State) -> Report<Option<State>> {
        let call = call.within(timeouts::limit(&plan.timeouts, Action::Create));
        let instance = match self.connection.instance(&plan.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        match create_once(&instance, &plan).await {
            Ok(group) => Report::of(Some(state(&plan, &instance, group))),
            Err(diagnostics) => Report::with(None, diagnostics),
        }
    }

    async fn update(&self, call: Call, prior: State, plan: State, _: State) -> Report<State> {
        let call = call.within(timeouts::limit(&plan.timeouts, Action::Update));
        let instance = match self.connection.instance(&plan.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(prior, diagnostics),
        };
        let answer = match patch(&prior, &plan) {
            Some(patch) => instance.client.update_secret_group(id(&prior), &patch).await,
            None => instance.client.get_secret_group(id(&prior)).await,
        };
        match answer {
            Ok(group) => Report::of(state(&plan, &instance, group)),
            Err(reason) => {
                let diagnostics =
                    instance.failure(Action::Update, &describe(&prior), &reason, None);
                Report::with(prior, diagnostics)
            }
        }
    }

    async fn delete(&self, call: Call, prior: State) -> Diagnostics {
        let call = call.within(timeouts::limit(&prior.timeouts, Action::Delete));
        let instance = match self.connection.instance(&prior.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return diagnostics,
        };
        match instance.client.delete_secret_group(id(&prior)).await {
            Ok(()) => Diagnostics::default(),
            Err(reason) if reason.is_not_found() => Diagnostics::default(),
            Err(reason) => {
                let advice = reason.is_conflict().then(|| {
                    Advice::new(
                        "Only an empty group can be deleted: delete the secrets in it first. Some \
                         of them may not be managed by this configuration.",
                    )
                });
                instance.failure(Action::Delete, &describe(&prior), &reason, advice)
            }
        }
    }

    fn import(&self, id: &str) -> Result<State, Diagnostics> {
        let id = ObjectId::parse(id, "secret_group_id")?;
        Ok(State {
            scope: Scope::imported(&id),
            secret_group_id: text(id.object),
            ..State::default()
        })
    }
}

/// Creates the group. When it is not known whether that worked, the group is
/// looked up by its name, and created again only if it is not there.
async fn create_once(
    instance: &Instance,
    plan: &State,
) -> Result<client::SecretGroup, Diagnostics> {
    let prototype = prototype(plan);
    let failed = |reason: &client::ApiError, advice: Option<Advice>| {
        instance.failure(Action::Create, &describe(plan), reason, advice)
    };
    let refused = |reason: client::ApiError| {
        let advice = reason.is_conflict().then(|| {
            Advice::on(
                "name",
                "A group of this name exists in the instance. Choose another name, or bring the \
                 existing group under Terraform with `terraform import`.",
            )
        });
        failed(&reason, advice)
    };
    let reason = match instance.client.create_secret_group(&prototype).await {
        Err(reason) if reason.outcome_unknown() => reason,
        answer => return answer.map_err(refused),
    };
    let groups = instance.client.list_secret_groups().await;
    let groups = groups.map_err(|_| failed(&reason, None))?;
    let found = groups.iter().find(|group| group.name.as_deref() == Some(&prototype.name));
    match found {
        Some(group) => Err(failed(&reason, Some(Advice::import(instance, &group.id)))),
        None => instance.client.create_secret_group(&prototype).await.map_err(refused),
    }
}

fn id(state: &State) -> &str {
    state.secret_group_id.as_deref_option().unwrap_or_default()
}

/// How messages name the group.
fn describe(state: &State) -> String {
    match state.name.as_deref_option() {
        Some(name) => format!("secret group {name:?}"),
        None => format!("secret group {}", id(state)),
    }
}
