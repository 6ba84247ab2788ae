//! The sequence of calls that manages a secret group.

use super::attributes::attributes;
use super::model::{SecretGroup, patch, prototype};
use crate::client::{self, Source};
use crate::framework::diag::Diagnostics;
use crate::framework::schema::Schema;
use crate::framework::value::known;
use crate::instance::{
    Advice, Failure, Instance, InstanceResource, Occupant, Outcome, Served, create_once, lacks,
    resource_schema,
};

/// The type name of the resource, the data source and the list resource.
pub(super) const TYPE_NAME: &str = "ibm_sm_secret_group";

/// Why a name cannot be used.
const TAKEN: &str = "The instance already has a group of this name.";

/// The resource `ibm_sm_secret_group`.
pub struct SecretGroupResource;

impl Served for SecretGroupResource {
    const TYPE_NAME: &'static str = TYPE_NAME;

    fn schema() -> Schema {
        resource_schema(
            "A secret group of a Secrets Manager instance: access to all secrets in it can be \
             granted at once.",
            attributes(),
        )
    }
}

impl InstanceResource for SecretGroupResource {
    type Model = SecretGroup;

    const ID: &'static str = "secret_group_id";

    fn id(model: &SecretGroup) -> &str {
        model.secret_group_id.as_deref_option().unwrap_or_default()
    }

    fn with_id(id: String) -> SecretGroup {
        SecretGroup { secret_group_id: known(id), ..SecretGroup::default() }
    }

    fn describe(model: &SecretGroup) -> String {
        match model.name.as_deref_option() {
            Some(name) => format!("secret group {name:?}"),
            None => format!("secret group {}", Self::id(model)),
        }
    }

    async fn read(instance: &Instance, prior: &SecretGroup) -> Result<SecretGroup, Failure> {
        let id = Self::id(prior);
        let (found, source) = instance.client.read_secret_group(id).await?;
        let found = found.into();
        if source == Source::List && lacks(&found, prior)? {
            return Ok(instance.client.get_secret_group(id).await?.into());
        }
        Ok(found)
    }

    async fn create(
        instance: &Instance,
        plan: &SecretGroup,
        config: &SecretGroup,
    ) -> Result<SecretGroup, Failure> {
        let prototype = prototype(plan);
        let created = create_once(
            || instance.client.create_secret_group(&prototype),
            || find(instance, &prototype.name),
        );
        match created.await {
            Ok(Outcome::Created(created)) => Ok(created.into()),
            Ok(Outcome::Found(found, reason)) => {
                let occupant = Occupant {
                    id: found.id.clone(),
                    created_by: found.created_by.clone(),
                    created_at: found.created_at,
                    otherwise: "choose another name",
                };
                let candidate = instance.may_adopt(reason, TAKEN, &occupant).await?;
                candidate.adopt::<Self>(instance, plan, config, found.into())
            }
            Err(reason) => Err(Failure::from(reason).advised(|reason| {
                let next =
                    "Choose another name, or import the existing group with `terraform import`.";
                reason.is_conflict().then(|| Advice::on("name", format!("{TAKEN} {next}")))
            })),
        }
    }

    async fn update(
        instance: &Instance,
        prior: &SecretGroup,
        plan: &SecretGroup,
        _: &SecretGroup,
        state: &mut SecretGroup,
    ) -> Result<Diagnostics, Failure> {
        let id = Self::id(prior);
        let updated = match patch(prior, plan) {
            Some(patch) => instance.client.update_secret_group(id, &patch).await?,
            None => instance.client.get_secret_group(id).await?,
        };
        *state = updated.into();
        Ok(Diagnostics::default())
    }

    async fn delete(instance: &Instance, prior: &SecretGroup) -> Result<(), Failure> {
        let deleted = instance.client.delete_secret_group(Self::id(prior)).await;
        deleted.map_err(|reason| {
            Failure::from(reason).advised(|reason| {
                reason.is_conflict().then(|| {
                    Advice::new(
                        "Only an empty group can be deleted: delete the secrets in it first. Some \
                         of them may not be managed by this configuration.",
                    )
                })
            })
        })
    }
}

/// The group of this name. The service returns all groups at once.
async fn find(
    instance: &Instance,
    name: &str,
) -> Result<Option<client::SecretGroup>, client::ApiError> {
    let groups = instance.client.list_secret_groups().await?;
    Ok(groups.into_iter().find(|group| group.name.as_deref() == Some(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::testing::assert_resource_has_what_it_declares;

    #[test]
    fn the_model_has_exactly_the_declared_attributes() {
        assert_resource_has_what_it_declares::<SecretGroupResource>();
    }
}
