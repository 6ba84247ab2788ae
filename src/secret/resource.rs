//! The sequence of calls that manages a secret, and what is saved when one of them fails.

use std::marker::PhantomData;

use super::attributes::attributes;
use super::kind::{PayloadInState, Secret, SecretKind};
use super::lookup::refuse_another_type;
use super::metadata::{CommonMetadata, string_map};
use super::new_version::{NewVersion, Wanted, create_version_once, note_another};
use super::versions::{self, json_object};
use crate::client::{
    self, ApiError, SecretMetadataPatch, SecretPrototype, Source, VersionPrototype,
};
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::schema::Schema;
use crate::framework::value::{StringList, Value, known, known_strings};
use crate::instance::{
    Defaults, Failure, Instance, InstanceResource, Occupant, Outcome, Served, create_once, lacks,
    resource_schema,
};

/// The id of the group in which a secret is created that names none (ibm-api.md 2.4).
const DEFAULT_GROUP: &str = "default";

/// The managed resource of a secret type.
pub struct SecretResource<K>(PhantomData<fn() -> K>);

impl<K: SecretKind> Served for SecretResource<K> {
    const TYPE_NAME: &'static str = K::TYPE_NAME;

    fn schema() -> Schema {
        resource_schema(K::DESCRIPTION, attributes::<K>())
    }
}

impl<K: SecretKind> InstanceResource for SecretResource<K> {
    type Model = Secret<K>;

    const ID: &'static str = "secret_id";

    fn id(model: &Secret<K>) -> &str {
        model.id()
    }

    fn with_id(id: String) -> Secret<K> {
        let common = CommonMetadata { secret_id: known(id), ..CommonMetadata::default() };
        Secret { common, ..Secret::default() }
    }

    fn describe(model: &Secret<K>) -> String {
        model.describe()
    }

    fn validate(config: &Secret<K>) -> Diagnostics {
        K::validate(config)
    }

    fn note_defaults(model: &mut Secret<K>, defaults: Defaults) {
        K::note_defaults(model, defaults);
    }

    fn planned_changes(prior: &Secret<K>, config: &Secret<K>) -> &'static [&'static str] {
        K::planned_changes(prior, config)
    }

    fn modify_plan(
        prior: Option<&Secret<K>>,
        config: &Secret<K>,
        plan: &mut Secret<K>,
    ) -> Diagnostics {
        K::modify_plan(prior, config, plan)
    }

    fn replacing(prior: &Secret<K>, plan: &Secret<K>) -> Diagnostics {
        K::replacing(prior, plan)
    }

    fn leave_out(model: &mut Secret<K>) {
        K::leave_out(model);
    }

    fn warnings(model: &Secret<K>) -> Diagnostics {
        K::warnings(model)
    }

    /// Reads the metadata, and the value only if the state does not have the current one: reading
    /// a value is audited and needs a higher role, so a refresh without changes avoids it.
    async fn read(instance: &Instance, prior: &Secret<K>) -> Result<Secret<K>, Failure> {
        let (found, source) = instance.client.read_secret_metadata::<K::Api>(prior.id()).await?;
        refuse_another_type::<K>("id", &found.common)?;
        let mut state = prior.clone();
        state.set_metadata(found);
        if source == Source::List && lacks(&state, prior)? {
            state.set_metadata(instance.client.get_secret_metadata(prior.id()).await?);
        }
        note_another(instance, prior, &state);
        match K::payload_in_state(instance, Some(prior), &state) {
            PayloadInState::Absent => state.payload = K::Payload::default(),
            PayloadInState::Kept => {}
            PayloadInState::ToBeRead => state.read_value(instance).await?,
        }
        state.version_custom_metadata = versions::managed(instance, prior).await?;
        K::after_read(instance, prior, &mut state).await?;
        Ok(state)
    }

    async fn create(
        instance: &Instance,
        plan: &Secret<K>,
        config: &Secret<K>,
    ) -> Result<Secret<K>, Failure> {
        let prototype = prototype(plan, config)?;
        let created = create_once(
            || instance.client.create_secret(&prototype),
            || instance.client.find_secret_by_name::<K::Api>(&prototype.name),
        );
        let mut state = plan.clone();
        match created.await {
            Ok(Outcome::Created(created)) => {
                state.payload = K::payload(&created.payload);
                state.set_metadata(created.metadata);
                K::settle_settings(&mut state);
                Ok(state)
            }
            Ok(Outcome::Found(found, reason)) => adopt(instance, plan, config, found, reason).await,
            Err(reason) => Err(Failure::from(reason).advised(|reason| K::create_advice(reason))),
        }
    }

    async fn complete(instance: &Instance, state: &mut Secret<K>) -> Result<(), Failure> {
        match K::payload_in_state(instance, None, state) {
            PayloadInState::Absent => state.payload = K::Payload::default(),
            PayloadInState::Kept => {}
            PayloadInState::ToBeRead => state.read_value(instance).await?,
        }
        Ok(versions::settle(instance, state).await?)
    }

    async fn update(
        instance: &Instance,
        prior: &Secret<K>,
        plan: &Secret<K>,
        config: &Secret<K>,
        state: &mut Secret<K>,
    ) -> Result<Diagnostics, Failure> {
        let outcome = update(instance, prior, plan, config, state).await;
        K::after_update(prior, state);
        outcome.map_err(|failure| failure.advised(|reason| K::update_advice(reason, prior, plan)))
    }

    async fn delete(instance: &Instance, prior: &Secret<K>) -> Result<(), Failure> {
        Ok(instance.client.delete_secret(prior.id()).await?)
    }

    async fn what_outlives(instance: &Instance, prior: &Secret<K>) -> Report<bool> {
        K::what_outlives(instance, prior).await
    }

    async fn remove_what_outlives(
        instance: &Instance,
        prior: &Secret<K>,
        was_there: bool,
    ) -> Diagnostics {
        K::remove_what_outlives(instance, prior, was_there).await
    }
}

/// Adopts a secret of the same name, if the user has asked for that and it cannot be another's.
async fn adopt<K: SecretKind>(
    instance: &Instance,
    plan: &Secret<K>,
    config: &Secret<K>,
    found: client::SecretMetadata<K::Api>,
    reason: ApiError,
) -> Result<Secret<K>, Failure> {
    let occupant = Occupant {
        id: found.common.id.clone(),
        created_by: Some(found.common.created_by.clone()),
        created_at: found.common.created_at,
        otherwise: "choose another name",
    };
    let rule = format!(
        "The name must be unique among {} of the whole instance, across its secret groups, and one \
         of them has it.",
        K::OBJECTS
    );
    let candidate = instance.may_adopt(reason, rule, &occupant).await?;
    let mut state = plan.clone();
    state.payload = K::Payload::default();
    state.set_metadata(found);
    K::settle_settings(&mut state);
    let read = async {
        state.version_custom_metadata = versions::managed(instance, &state).await?;
        if K::VALUE_IS_CONFIGURED
            && K::payload_in_state(instance, None, &state) == PayloadInState::ToBeRead
        {
            state.read_value(instance).await?;
        }
        Ok::<(), Failure>(())
    };
    if read.await.is_err() {
        return Err(candidate.refuse("it could not be read"));
    }
    let mut planned = plan.clone();
    if planned.common.secret_group_id.is_unknown() {
        planned.common.secret_group_id = known(DEFAULT_GROUP);
    }
    candidate.adopt::<SecretResource<K>>(instance, &planned, config, state)
}

async fn update<K: SecretKind>(
    instance: &Instance,
    prior: &Secret<K>,
    plan: &Secret<K>,
    config: &Secret<K>,
    state: &mut Secret<K>,
) -> Result<Diagnostics, Failure> {
    let (client, id) = (&instance.client, prior.id());
    let mut warnings = Diagnostics::default();
    let patch = patch(prior, plan)?;
    let now = if patch.is_empty() {
        client.get_secret_metadata(id).await?
    } else {
        client.update_secret_metadata(id, &patch).await?
    };
    state.set_metadata(now.clone());
    // The state counts the versions that it has seen, so that the next refresh notices one that
    // somebody else has made since the last.
    state.common.versions_total = prior.common.versions_total;
    K::adopt_settings(state, plan);
    let (before, after) = (&prior.version_custom_metadata, &plan.version_custom_metadata);
    if let Some(own) = K::new_version(prior, plan, config)? {
        let prototype = VersionPrototype { version_custom_metadata: json_object(after), own };
        let wanted =
            Wanted { occasion: K::occasion(prior, plan), after: K::version_in_state(prior) };
        let NewVersion { metadata, payload, warning } =
            create_version_once::<K>(instance, &now, &prototype, wanted).await?;
        warnings.warnings.extend(warning);
        state.version_custom_metadata = after.clone();
        K::version_made(state, plan, payload.as_ref());
        if payload.is_none() && after.is_value() {
            // It may be of an earlier apply, with other data.
            let found = Value::Value(string_map(metadata.version_custom_metadata));
            if let Some(patch) = versions::patch(&found, after) {
                client.update_version_metadata::<K::Api>(id, versions::CURRENT, &patch).await?;
            }
        }
        state.set_metadata(client.get_secret_metadata(id).await?);
    } else if let Some(patch) = versions::patch(before, after) {
        client.update_version_metadata::<K::Api>(id, versions::CURRENT, &patch).await?;
        state.version_custom_metadata = after.clone();
    }
    if K::payload_in_state(instance, None, state) == PayloadInState::ToBeRead {
        state.read_value(instance).await?;
    }
    Ok(warnings)
}

/// The request that creates the secret.
fn prototype<K: SecretKind>(
    plan: &Secret<K>,
    config: &Secret<K>,
) -> Result<SecretPrototype<K::Api>, Diagnostics> {
    let common = &plan.common;
    Ok(SecretPrototype {
        name: given(&common.name).unwrap_or_default(),
        description: given(&common.description),
        secret_group_id: given(&common.secret_group_id),
        labels: common.labels.as_ref_option().map(|labels| known_strings(labels)),
        custom_metadata: json_object(&common.custom_metadata),
        version_custom_metadata: json_object(&plan.version_custom_metadata),
        own: K::prototype(plan, config)?,
    })
}

/// The request that updates the secret: only what differs; removed attributes become empty.
fn patch<K: SecretKind>(
    prior: &Secret<K>,
    plan: &Secret<K>,
) -> Result<SecretMetadataPatch<K::Api>, Diagnostics> {
    let (before, after) = (&prior.common, &plan.common);
    let text = |before: &Value<String>, after: &Value<String>| {
        (before != after).then(|| given(after).unwrap_or_default())
    };
    let strings = |list: &StringList| list.as_ref_option().map(|list| known_strings(list));
    Ok(SecretMetadataPatch {
        name: text(&before.name, &after.name),
        description: text(&before.description, &after.description),
        labels: (before.labels != after.labels).then(|| strings(&after.labels).unwrap_or_default()),
        custom_metadata: (before.custom_metadata != after.custom_metadata)
            .then(|| json_object(&after.custom_metadata).unwrap_or_default()),
        own: K::patch(prior, plan)?,
    })
}

fn given(value: &Value<String>) -> Option<String> {
    value.as_deref_option().map(str::to_owned)
}
