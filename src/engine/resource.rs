//! The sequence of calls, and what is saved when one of them fails.

use super::fields::fields;
use super::model::{State, patch, prototype, state};
use super::rules;
use secrecy::SecretString;

use crate::client;
use crate::client::ConfigurationType::IamCredentialsConfiguration;
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::field::FieldSet;
use crate::framework::resource::{Call, ManagedResource};
use crate::framework::value::text;
use crate::scope::Scope;
use crate::scope::connection::{Connection, Instance};
use crate::scope::failure::{Action, Advice, another_kind};
use crate::scope::id::ObjectId;
use crate::scope::timeouts;

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

    fn identity(&self) -> &'static [&'static str] {
        &["region", "instance_id", "name"]
    }

    fn validate(&self, config: &State) -> Diagnostics {
        rules::validate(config)
    }

    async fn read(&self, call: Call, prior: State) -> Report<Option<State>> {
        let call = call.within(timeouts::limit(&prior.timeouts, Action::Read));
        let instance = match self.connection.instance(&prior.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(Some(prior), diagnostics),
        };
        match read(&instance, &prior).await {
            Ok(Some((metadata, _))) if metadata.config_type != IamCredentialsConfiguration => {
                let found = metadata.config_type.as_str();
                let wanted = IamCredentialsConfiguration.as_str();
                let diagnostics = another_kind("name", &describe(&prior), found, wanted);
                Report::with(Some(prior), diagnostics)
            }
            Ok(Some((metadata, api_key))) => {
                Report::of(Some(state(&prior, &instance, metadata, api_key.as_ref())))
            }
            Ok(None) => Report::of(None),
            Err(reason) => {
                let diagnostics = instance.failure(Action::Read, &describe(&prior), &reason, None);
                Report::with(Some(prior), diagnostics)
            }
        }
    }

    async fn create(&self, call: Call, plan: State, config: State) -> Report<Option<State>> {
        let call = call.within(timeouts::limit(&plan.timeouts, Action::Create));
        let instance = match self.connection.instance(&plan.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        match create_once(&instance, &plan, &config).await {
            Ok(created) => {
                let key = created.api_key.as_ref();
                Report::of(Some(state(&plan, &instance, created.metadata, key)))
            }
            Err(diagnostics) => Report::with(None, diagnostics),
        }
    }

    async fn update(&self, call: Call, prior: State, plan: State, config: State) -> Report<State> {
        let call = call.within(timeouts::limit(&plan.timeouts, Action::Update));
        let instance = match self.connection.instance(&plan.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(prior, diagnostics),
        };
        let answer = match patch(&prior, &plan, &config) {
            Some(patch) => {
                instance.client.update_configuration(name(&prior), &patch).await.map(|updated| {
                    state(&plan, &instance, updated.metadata, updated.api_key.as_ref())
                })
            }
            // Only what Terraform alone knows has changed.
            None => {
                Ok(State { scope: plan.scope.of(&instance, name(&prior)), ..known(&prior, &plan) })
            }
        };
        match answer {
            Ok(state) => Report::of(state),
            Err(reason) => {
                let advice = refused_key(&reason);
                let diagnostics =
                    instance.failure(Action::Update, &describe(&prior), &reason, advice);
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
                instance.failure(Action::Delete, &describe(&prior), &reason, advice)
            }
        }
    }

    fn import(&self, id: &str) -> Result<State, Diagnostics> {
        let id = ObjectId::parse(id, "name")?;
        Ok(State { scope: Scope::imported(&id), name: text(id.object), ..State::default() })
    }
}

/// The configuration as it is, with its key unless that is write-only: then no
/// call is made that returns it.
async fn read(
    instance: &Instance,
    prior: &State,
) -> Result<Option<(client::ConfigurationMetadata, Option<SecretString>)>, client::ApiError> {
    if prior.is_write_only() {
        let found = instance.client.find_configuration(name(prior)).await?;
        return Ok(found.map(|metadata| (metadata, None)));
    }
    match instance.client.get_configuration(name(prior)).await {
        Ok(found) => Ok(Some((found.metadata, found.api_key))),
        Err(reason) if reason.is_not_found() => Ok(None),
        Err(reason) => Err(reason),
    }
}

/// The planned state, with what the service said last.
fn known(prior: &State, plan: &State) -> State {
    State { updated_at: prior.updated_at.clone(), ..plan.clone() }
}

/// Creates the configuration. When it is not known whether that worked, it is
/// looked up, and created again only if it is not there.
async fn create_once(
    instance: &Instance,
    plan: &State,
    config: &State,
) -> Result<client::Configuration, Diagnostics> {
    let prototype = prototype(plan, config);
    let failed = |reason: &client::ApiError, advice: Option<Advice>| {
        instance.failure(Action::Create, &describe(plan), reason, advice)
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
    match instance.client.find_configuration(&prototype.name).await {
        Ok(Some(_)) => Err(failed(&reason, Some(Advice::import(instance, &prototype.name)))),
        Ok(None) => instance.client.create_configuration(&prototype).await.map_err(refused),
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
