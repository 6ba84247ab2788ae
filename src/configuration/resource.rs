//! The sequence of calls that manages the engine's configuration.

use super::attributes::attributes;
use super::model::{Configuration, configuration, patch, prototype};
use super::rules;
use crate::client::{self, ApiErrorKind, ConfigurationType};
use crate::framework::diag::Diagnostics;
use crate::framework::schema::Schema;
use crate::framework::value::known;
use crate::instance::{
    Advice, Failure, Instance, InstanceResource, Occupant, Outcome, Served, create_once,
    of_another_type, resource_schema,
};

/// The type name of the resource, the data source and the list resource.
pub(super) const TYPE_NAME: &str = "ibm_sm_iam_credentials_configuration";

/// The type of configuration that this room manages.
pub(super) const WANTED: ConfigurationType = ConfigurationType::IamCredentialsConfiguration;

/// Why a second configuration is refused.
const ONE_ONLY: &str = "An instance has at most one configuration of the IAM credentials engine, and \
                        this one already has one.";

/// The resource `ibm_sm_iam_credentials_configuration`.
pub struct ConfigurationResource;

impl Served for ConfigurationResource {
    const TYPE_NAME: &'static str = TYPE_NAME;

    fn schema() -> Schema {
        resource_schema(
            "The configuration of the IAM credentials engine of a Secrets Manager instance. An \
             instance has at most one. Secrets need a `depends_on` on it, because no attribute \
             links them.",
            attributes(),
        )
    }
}

impl InstanceResource for ConfigurationResource {
    type Model = Configuration;

    const ID: &'static str = "name";

    fn id(model: &Configuration) -> &str {
        name(model)
    }

    fn with_id(id: String) -> Configuration {
        Configuration { name: known(id), ..Configuration::default() }
    }

    fn describe(model: &Configuration) -> String {
        format!("IAM credentials configuration {:?}", name(model))
    }

    fn validate(config: &Configuration) -> Diagnostics {
        rules::validate(config)
    }

    /// Reads the configuration with its key. If that is write-only, no call that returns it is
    /// made.
    async fn read(instance: &Instance, prior: &Configuration) -> Result<Configuration, Failure> {
        if prior.is_write_only() {
            let found = instance.client.find_configuration(name(prior)).await?;
            let metadata = found.ok_or(Failure::NotFound)?;
            return Ok(configuration(prior, metadata, None));
        }
        let found = instance.client.get_configuration(name(prior)).await?;
        if found.metadata.config_type != WANTED {
            let (object, found) = (Self::describe(prior), found.metadata.config_type.as_str());
            return Err(of_another_type("name", &object, found, WANTED.as_str()).into());
        }
        Ok(configuration(prior, found.metadata, found.api_key.as_ref()))
    }

    async fn create(
        instance: &Instance,
        plan: &Configuration,
        config: &Configuration,
    ) -> Result<Configuration, Failure> {
        let prototype = prototype(plan, config);
        let created = create_once(
            || instance.client.create_configuration(&prototype),
            || async { Ok(instance.client.list_configurations(None, 1).await?.pop()) },
        );
        match created.await {
            Ok(Outcome::Created(created)) => {
                Ok(configuration(plan, created.metadata, created.api_key.as_ref()))
            }
            Ok(Outcome::Found(found, reason)) => {
                let occupant = Occupant {
                    id: found.name.clone(),
                    created_by: Some(found.created_by),
                    created_at: found.created_at,
                    otherwise: "delete it first",
                };
                let candidate = instance.may_adopt(reason, ONE_ONLY, &occupant).await?;
                if found.name != prototype.name {
                    return Err(candidate.refuse("its name is another one"));
                }
                match Self::read(instance, plan).await {
                    Ok(found) => candidate.adopt::<Self>(instance, plan, config, found),
                    Err(_) => Err(candidate.refuse("it could not be read")),
                }
            }
            Err(reason) => Err(Failure::from(reason).advised(|reason| {
                let next = "Delete it first, or import it with `terraform import`.";
                if reason.is_conflict() {
                    Some(Advice::on("name", format!("{ONE_ONLY} {next}")))
                } else {
                    refused_key(reason)
                }
            })),
        }
    }

    async fn update(
        instance: &Instance,
        prior: &Configuration,
        plan: &Configuration,
        config: &Configuration,
        state: &mut Configuration,
    ) -> Result<Diagnostics, Failure> {
        let Some(patch) = patch(prior, plan, config) else {
            // Only attributes that the service does not know have changed.
            let updated_at = prior.updated_at.clone();
            *state = Configuration { updated_at, ..plan.clone() };
            return Ok(Diagnostics::default());
        };
        let updated = instance
            .client
            .update_configuration(name(prior), &patch)
            .await
            .map_err(|reason| Failure::from(reason).advised(refused_key))?;
        *state = configuration(plan, updated.metadata, updated.api_key.as_ref());
        Ok(Diagnostics::default())
    }

    async fn delete(instance: &Instance, prior: &Configuration) -> Result<(), Failure> {
        let deleted = instance.client.delete_configuration(name(prior)).await;
        deleted.map_err(|reason| {
            Failure::from(reason).advised(|reason| {
                reason.is_conflict().then(|| {
                    Advice::new(
                        "IAM credentials secrets still use the engine. Give them a depends_on on \
                         this configuration, so that they are deleted first, and delete those \
                         that this configuration does not manage.",
                    )
                })
            })
        })
    }
}

fn name(configuration: &Configuration) -> &str {
    configuration.name.as_deref_option().unwrap_or_default()
}

/// The service tries the key before it accepts it.
fn refused_key(reason: &client::ApiError) -> Option<Advice> {
    (reason.kind() == ApiErrorKind::Invalid).then(|| {
        Advice::on(
            "api_key",
            "The service tries the engine's API key before it accepts it. Check that the key exists \
             and is not disabled, and that its service ID has Editor on the IAM Access Groups \
             service and Operator on the IAM Identity service.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::testing::assert_resource_has_what_it_declares;

    #[test]
    fn the_model_has_exactly_the_declared_attributes() {
        assert_resource_has_what_it_declares::<ConfigurationResource>();
    }
}
