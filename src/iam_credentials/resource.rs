//! The sequence of calls, and what is saved when one of them fails; no field
//! names of the wire.

use super::fields::{RENEWAL, fields};
use super::lookup;
use super::mapping;
use super::model::{Metadata, Payload, State};
use super::{advice, renewal, rules};
use crate::client::{self, ApiError, ApiErrorKind};
use crate::framework::diag::{Diagnostics, Report, diagnostic, path};
use crate::framework::field::FieldSet;
use crate::framework::resource::{Call, ManagedResource};
use crate::framework::value::{TextMap, Value, text};
use crate::scope::Scope;
use crate::scope::connection::{Connection, Instance};
use crate::scope::failure::{Action, Advice};
use crate::scope::id::ObjectId;
use crate::scope::timeouts;

/// The version whose data the user manages.
const CURRENT: &str = "current";

/// `ibm_sm_iam_credentials_secret`.
pub struct IamCredentialsSecret {
    fields: FieldSet,
    connection: Connection,
}

impl IamCredentialsSecret {
    /// The resource, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        IamCredentialsSecret { fields: fields(), connection }
    }
}

impl ManagedResource for IamCredentialsSecret {
    type State = State;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_secret"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    fn identity(&self) -> &'static [&'static str] {
        &["region", "instance_id", "secret_id"]
    }

    fn validate(&self, config: &State) -> Diagnostics {
        rules::validate(config)
    }

    fn due(&self, prior: &State, config: &State) -> &'static [&'static str] {
        if renewal::rotates(prior, config) { &[RENEWAL] } else { &[] }
    }

    /// No key is coming where none is to be stored, and nothing is due where
    /// nothing is to be renewed.
    fn refine(&self, plan: &mut State) {
        if plan.early_renewal.is_null() && plan.ready_for_renewal == Value::Value(true) {
            plan.ready_for_renewal = Value::Value(false);
        }
        let known = plan.metadata.reuse_api_key.is_value() && !plan.store_api_key.is_unknown();
        if known && !plan.stores_key() {
            plan.payload = Payload::default();
        }
    }

    fn advise(&self, prior: Option<&State>, plan: &State) -> Diagnostics {
        advice::advise(prior, plan)
    }

    /// Reads the metadata, and the key only when the state does not hold the one
    /// that the metadata names: reading a key locks it in IAM again and is
    /// audited, so a refresh that changes nothing does not.
    async fn read(&self, call: Call, prior: State) -> Report<Option<State>> {
        let call = call.within(timeouts::limit(&prior.timeouts, Action::Read));
        let instance = match self.connection.instance(&prior.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(Some(prior), diagnostics),
        };
        match read(&instance, &prior).await {
            Ok(state) => {
                let diagnostics = missing_key(&state);
                Report::with(Some(state), diagnostics)
            }
            Err(Unread::Gone) => Report::of(None),
            Err(Unread::Foreign(diagnostics)) => Report::with(Some(prior), diagnostics),
            Err(Unread::Failed(reason)) => {
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
        let created = match create_once(&instance, &plan).await {
            Ok(created) => created,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        // From here on the secret exists: whatever fails, it is returned.
        let mut state = State {
            scope: plan.scope.of(&instance, &created.metadata.common.id),
            metadata: mapping::metadata(created.metadata),
            ready_for_renewal: Value::Value(false),
            ..plan.clone()
        };
        let failed = |reason: &ApiError| {
            let advice = Advice::new(
                "The secret exists, but it could not be read to its end. Terraform marks it as \
                 tainted and replaces it at the next apply; `terraform untaint` keeps it.",
            );
            instance.failure(Action::Create, &describe(&plan), reason, Some(advice))
        };
        if plan.stores_key()
            && let Err(reason) = fetch_key(&instance, &mut state).await
        {
            return Report::with(Some(state), failed(&reason));
        }
        if let Err(reason) = settle_version_metadata(&instance, &state).await {
            return Report::with(Some(state), failed(&reason));
        }
        let diagnostics = missing_key(&state);
        Report::with(Some(state), diagnostics)
    }

    async fn update(&self, call: Call, prior: State, plan: State, _: State) -> Report<State> {
        let call = call.within(timeouts::limit(&plan.timeouts, Action::Update));
        let instance = match self.connection.instance(&plan.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(prior, diagnostics),
        };
        let mut state = prior.clone();
        let answer = apply(&instance, &prior, &plan, &mut state).await;
        let Err(reason) = answer else {
            // What only Terraform knows is settled from the plan.
            return Report::of(state);
        };
        let advice = refused_rotation(&reason, &prior, &plan);
        let diagnostics = instance.failure(Action::Update, &describe(&prior), &reason, advice);
        Report::with(state, diagnostics)
    }

    async fn delete(&self, call: Call, prior: State) -> Diagnostics {
        let call = call.within(timeouts::limit(&prior.timeouts, Action::Delete));
        let instance = match self.connection.instance(&prior.scope, &call) {
            Ok(instance) => instance,
            Err(diagnostics) => return diagnostics,
        };
        match instance.client.delete_secret(prior.secret_id()).await {
            Ok(()) => Diagnostics::default(),
            Err(reason) if reason.is_not_found() => Diagnostics::default(),
            Err(reason) => instance.failure(Action::Delete, &describe(&prior), &reason, None),
        }
    }

    fn import(&self, id: &str) -> Result<State, Diagnostics> {
        let id = ObjectId::parse(id, "secret_id")?;
        Ok(State {
            scope: Scope::imported(&id),
            metadata: Metadata { secret_id: text(id.object), ..Metadata::default() },
            ..State::default()
        })
    }
}

/// Why a read has no state to give.
enum Unread {
    /// The secret does not exist.
    Gone,
    /// The id names a secret of another kind.
    Foreign(Diagnostics),
    /// The service did not answer as it should.
    Failed(ApiError),
}

impl From<ApiError> for Unread {
    fn from(reason: ApiError) -> Self {
        if reason.is_not_found() { Unread::Gone } else { Unread::Failed(reason) }
    }
}

async fn read(instance: &Instance, prior: &State) -> Result<State, Unread> {
    let found = instance.client.get_secret_metadata(prior.secret_id()).await?;
    lookup::refuse_another_kind("id", &found).map_err(Unread::Foreign)?;
    let mut state = State {
        scope: prior.scope.of(instance, &found.common.id),
        metadata: mapping::metadata(found),
        ..prior.clone()
    };
    if !state.stores_key() || state.is_destroyed() {
        state.payload = Payload::default();
    } else if is_over(instance, &state) {
        // The next apply rotates: to read the value now would make one key more.
        state.payload = Payload::default();
    } else if key_is_stale(prior, &state) {
        fetch_key(instance, &mut state).await?;
    }
    state.version_custom_metadata = version_metadata(instance, prior).await?;
    state.ready_for_renewal = Value::Value(is_ready(instance, &state).await);
    Ok(state)
}

/// Whether the lease has ended and the next plan makes a new key.
fn is_over(instance: &Instance, state: &State) -> bool {
    !state.metadata.api_key_id.is_value()
        && renewal::ready(state, true, instance.client.service_time())
}

/// Whether the next plan renews the key. IAM is asked for the key only where the
/// user wants renewals; who may not ask there is not told of a deleted key.
async fn is_ready(instance: &Instance, state: &State) -> bool {
    if state.is_dynamic() || !state.early_renewal.is_value() {
        return false;
    }
    let exists = match state.metadata.api_key_id.as_deref_option() {
        Some(id) => instance.client.key_exists(id).await.unwrap_or(true),
        None => true,
    };
    renewal::ready(state, exists, instance.client.service_time())
}

/// Brings the secret from `prior` to `plan`, step by step. `state` follows each
/// step that is done, so that a failure leaves what exists.
async fn apply(
    instance: &Instance,
    prior: &State,
    plan: &State,
    state: &mut State,
) -> Result<(), ApiError> {
    let (client, id) = (&instance.client, prior.secret_id());
    let metadata = match mapping::patch(prior, plan) {
        Some(patch) => client.update_secret_metadata(id, &patch).await?,
        None => client.get_secret_metadata(id).await?,
    };
    state.scope = plan.scope.of(instance, id);
    state.metadata = mapping::metadata(metadata);
    state.store_api_key = plan.store_api_key;
    if !state.stores_key() {
        state.payload = Payload::default();
    }
    let (before, after) = (&prior.version_custom_metadata, &plan.version_custom_metadata);
    if renewal::rotates(prior, plan) {
        let version = client.create_version(id, &mapping::version_prototype(plan)).await?;
        state.rotation_triggers = plan.rotation_triggers.clone();
        state.ready_for_renewal = Value::Value(false);
        state.version_custom_metadata = after.clone();
        if state.stores_key() {
            state.payload = mapping::payload(version.payload.api_key.as_ref());
        }
        state.metadata = mapping::metadata(client.get_secret_metadata(id).await?);
    } else if let Some(patch) = mapping::version_patch(before, after) {
        client.update_version_metadata::<client::IamCredentials>(id, CURRENT, &patch).await?;
        state.version_custom_metadata = after.clone();
    }
    if state.stores_key() && !state.payload.api_key.is_value() && !state.is_destroyed() {
        fetch_key(instance, state).await?;
    }
    Ok(())
}

/// Advice where the service refuses a new rotation policy (ibm-api.md 4.5).
fn refused_rotation(reason: &ApiError, prior: &State, plan: &State) -> Option<Advice> {
    let refused =
        reason.kind() == ApiErrorKind::Invalid && prior.metadata.rotation != plan.metadata.rotation;
    refused.then(|| {
        Advice::on(
            "rotation",
            "The service refuses a rotation that would come after the current key has ended. \
             Choose a shorter interval, or rotate first by a change of rotation_triggers, so that \
             a key with the full ttl is current.",
        )
    })
}

/// Whether the key in the state is not the one that the metadata names.
fn key_is_stale(prior: &State, now: &State) -> bool {
    !prior.payload.api_key.is_value()
        || prior.metadata.api_key_id != now.metadata.api_key_id
        || prior.metadata.expiration_date != now.metadata.expiration_date
}

/// Reads the secret with its key, which also makes the key if there is none.
async fn fetch_key(instance: &Instance, state: &mut State) -> Result<(), ApiError> {
    let secret: mapping::Secret = instance.client.get_secret(state.secret_id()).await?;
    state.payload = mapping::payload(secret.payload.api_key.as_ref());
    state.metadata = mapping::metadata(secret.metadata);
    Ok(())
}

/// The data of the current version, read only if the user manages it or imports
/// the secret.
async fn version_metadata(instance: &Instance, prior: &State) -> Result<TextMap, ApiError> {
    if prior.version_custom_metadata.is_null() && !prior.is_import() {
        return Ok(Value::Null);
    }
    let answer = instance
        .client
        .get_version_metadata::<client::IamCredentials>(prior.secret_id(), CURRENT)
        .await;
    let found = match answer {
        Ok(version) => mapping::version_metadata(version.version_custom_metadata),
        Err(reason) if reason.is_not_found() => mapping::version_metadata(None),
        Err(reason) => return Err(reason),
    };
    Ok(if found.is_empty() && prior.is_import() { Value::Null } else { Value::Value(found) })
}

/// Makes sure that the current version carries the user's data: the first read
/// of the key can make a new version, and whether that inherits the data is not
/// established (ibm-api.md 4.3).
async fn settle_version_metadata(instance: &Instance, state: &State) -> Result<(), ApiError> {
    let wanted = &state.version_custom_metadata;
    if !wanted.is_value() {
        return Ok(());
    }
    let id = state.secret_id();
    let version =
        instance.client.get_version_metadata::<client::IamCredentials>(id, CURRENT).await?;
    let found = Value::Value(mapping::version_metadata(version.version_custom_metadata));
    if let Some(patch) = mapping::version_patch(&found, wanted) {
        instance
            .client
            .update_version_metadata::<client::IamCredentials>(id, CURRENT, &patch)
            .await?;
    }
    Ok(())
}

/// Creates the secret. When it is not known whether that worked, it is looked up
/// by its name, and created again only if it is not there.
async fn create_once(instance: &Instance, plan: &State) -> Result<mapping::Secret, Diagnostics> {
    let prototype = mapping::prototype(plan);
    let failed = |reason: &ApiError, advice: Option<Advice>| {
        instance.failure(Action::Create, &describe(plan), reason, advice)
    };
    let refused = |reason: ApiError| failed(&reason, refusal_advice(&reason));
    let reason = match instance.client.create_secret(&prototype).await {
        Err(reason) if reason.outcome_unknown() => reason,
        answer => return answer.map_err(refused),
    };
    match instance.client.find_secret_by_name::<client::IamCredentials>(&prototype.name).await {
        Ok(Some(found)) => Err(failed(&reason, Some(Advice::import(instance, &found.common.id)))),
        Ok(None) => instance.client.create_secret(&prototype).await.map_err(refused),
        Err(_) => Err(failed(&reason, None)),
    }
}

fn refusal_advice(reason: &ApiError) -> Option<Advice> {
    match reason.kind() {
        ApiErrorKind::Conflict => Some(Advice::on(
            "name",
            "The name must be unique among the IAM credentials of the whole instance, across its \
             secret groups. Choose another name, or bring the existing secret under Terraform with \
             `terraform import`.",
        )),
        ApiErrorKind::Invalid => Some(Advice::new(
            "If the IAM credentials engine of the instance is not set up yet, add an \
             ibm_sm_iam_credentials_configuration and a depends_on on it. Else check that \
             service_id, access_groups and secret_group_id exist, in the account of the engine or \
             in account_id.",
        )),
        ApiErrorKind::NotFound => Some(Advice::new(
            "Check that the instance exists in this region (instance_id is the GUID of the service \
             instance), and that secret_group_id names a group in it.",
        )),
        _ => None,
    }
}

/// A secret that ought to hold a key and holds none is never stored silently; one
/// that the next plan renews says so in that plan.
fn missing_key(state: &State) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let is_missing = state.stores_key() && !state.payload.api_key.is_value();
    if is_missing && state.ready_for_renewal != Value::Value(true) {
        diagnostics.add_warning(diagnostic(
            path("api_key"),
            format!("{} has no key", describe(state)),
            format!(
                "The service holds no API key for it (state: {}), and api_key is null. Its lease \
                 may have ended, or its key was deleted. A change of rotation_triggers makes a new \
                 one; early_renewal does so by itself.",
                state.metadata.state_description.as_deref_option().unwrap_or("unknown")
            ),
        ));
    }
    diagnostics
}

/// How messages name the secret.
fn describe(state: &State) -> String {
    match state.metadata.name.as_deref_option() {
        Some(name) => format!("IAM credentials secret {name:?}"),
        None => format!("IAM credentials secret {}", state.secret_id()),
    }
}
