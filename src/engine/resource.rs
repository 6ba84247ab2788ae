//! The sequence of calls, and what is saved when one of them fails.

use super::fields::fields;
use super::model::{State, patch, prototype, state};
use crate::client;
use crate::client::ConfigurationType::IamCredentialsConfiguration;
use crate::framework::diag::{Diagnostics, Report, error, path};
use crate::framework::field::FieldSet;
use crate::framework::resource::{Call, ManagedResource};
use crate::framework::value::text;
use crate::scope::Scope;
use crate::scope::connection::{Connection, Instance};
use crate::scope::failure::{Action, Advice, failure};
use crate::scope::id::ObjectId;

/// `ibm_sm_iam_credentials_configuration`.
pub struct EngineConfiguration {
    fields: FieldSet,
    connection: Connection,
}

impl EngineConfiguration {
    /// The resource, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        EngineConfiguration { fields: fields(), connection }
    }
}

impl ManagedResource for EngineConfiguration {
    type State = State;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_configuration"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn validate(&self, _: &State) -> Diagnostics {
        Diagnostics::default()
    }

    async fn read(&self, call: Call, prior: State) -> Report<Option<State>> {
        let instance = match self.connection.instance(&prior.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(Some(prior), diagnostics),
        };
        match instance.client.get_configuration(name(&prior)).await {
            Ok(found) if found.metadata.config_type != IamCredentialsConfiguration => {
                let diagnostics = error(
                    path("name"),
                    format!("{} is of another kind", describe(&prior)),
                    format!(
                        "It is a {}, and this resource manages an \
                         iam_credentials_configuration. Check the name.",
                        found.metadata.config_type.as_str()
                    ),
                );
                Report::with(Some(prior), diagnostics)
            }
            Ok(found) => Report::of(Some(state(&prior, &instance, found))),
            Err(reason) if reason.is_not_found() => Report::of(None),
            Err(reason) => {
                let diagnostics = failure(Action::Read, &describe(&prior), &reason, None);
                Report::with(Some(prior), diagnostics)
            }
        }
    }

    async fn create(&self, call: Call, plan: State) -> Report<Option<State>> {
        let instance = match self.connection.instance(&plan.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        match create_once(&instance, &plan).await {
            Ok(created) => Report::of(Some(state(&plan, &instance, created))),
            Err(diagnostics) => Report::with(None, diagnostics),
        }
    }

    async fn update(&self, call: Call, prior: State, plan: State) -> Report<State> {
        let instance = match self.connection.instance(&plan.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(prior, diagnostics),
        };
        let answer = match patch(&prior, &plan) {
            Some(patch) => instance.client.update_configuration(name(&prior), &patch).await,
            None => instance.client.get_configuration(name(&prior)).await,
        };
        match answer {
            Ok(updated) => Report::of(state(&plan, &instance, updated)),
            Err(reason) => {
                let diagnostics =
                    failure(Action::Update, &describe(&prior), &reason, refused_key(&reason));
                Report::with(prior, diagnostics)
            }
        }
    }

    async fn delete(&self, call: Call, prior: State) -> Diagnostics {
        let instance = match self.connection.instance(&prior.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return diagnostics,
        };
        match instance.client.delete_configuration(name(&prior)).await {
            Ok(()) => Diagnostics::default(),
            Err(reason) if reason.is_not_found() => Diagnostics::default(),
            Err(reason) => {
                let advice = reason.is_conflict().then(|| {
                    Advice::new(
                        "IAM credentials secrets still use the engine. Give them a depends_on on \
                         this configuration, so that they are deleted first, and delete those \
                         that this configuration does not manage.",
                    )
                });
                failure(Action::Delete, &describe(&prior), &reason, advice)
            }
        }
    }

    fn import(&self, id: &str) -> Result<State, Diagnostics> {
        let id = ObjectId::parse(id, "name")?;
        Ok(State { scope: Scope::imported(&id), name: text(id.object), ..State::default() })
    }
}

/// Creates the configuration. When it is not known whether that worked, it is
/// looked up, and created again only if it is not there.
async fn create_once(
    instance: &Instance,
    plan: &State,
) -> Result<client::Configuration, Diagnostics> {
    let prototype = prototype(plan);
    let failed = |reason: &client::ApiError, advice: Option<Advice>| {
        failure(Action::Create, &describe(plan), reason, advice)
    };
    let refused = |reason: client::ApiError| {
        let advice = if reason.is_conflict() {
            Some(Advice::on(
                "name",
                format!(
                    "An instance has at most one configuration of the IAM credentials engine, and \
                     this one has one already. Take it over with `terraform import ADDRESS {}` if \
                     it is of this name, or delete it.",
                    instance.id(name(plan))
                ),
            ))
        } else {
            refused_key(&reason)
        };
        failed(&reason, advice)
    };
    let reason = match instance.client.create_configuration(&prototype).await {
        Err(reason) if reason.outcome_unknown() => reason,
        answer => return answer.map_err(refused),
    };
    match instance.client.get_configuration(&prototype.name).await {
        Ok(_) => Err(failed(&reason, Some(Advice::import(instance, &prototype.name)))),
        Err(absent) if absent.is_not_found() => {
            instance.client.create_configuration(&prototype).await.map_err(refused)
        }
        Err(_) => Err(failed(&reason, None)),
    }
}

/// The service tries the key before it takes it.
fn refused_key(reason: &client::ApiError) -> Option<Advice> {
    (reason.kind() == client::ApiErrorKind::Invalid).then(|| {
        Advice::on(
            "api_key",
            "The service tries the engine's API key before it takes it. Check that the key exists \
             and is not disabled, and that its service ID has Editor on the IAM Access Groups \
             service and Operator on the IAM Identity service.",
        )
    })
}

fn name(state: &State) -> &str {
    state.name.as_deref_option().unwrap_or_default()
}

/// How messages name the configuration.
fn describe(state: &State) -> String {
    format!("IAM credentials configuration {:?}", name(state))
}
