//! What outlives a secret in IAM: its key, and a service ID that the engine created. It is reported,
//! or removed on request.
//!
//! The service deletes both with the secret (ibm-api.md 4.6). It cannot if the whole instance was
//! deleted, or if its engine has lost its rights in IAM.

use serde::{Deserialize, Serialize};

use super::model::Secret;
use crate::client::{ApiError, IamCredentialsMetadata, IamEntity};
use crate::framework::diag::{Diagnostics, Report, diagnostic, path};
use crate::framework::value::Value;
use crate::instance::{Crud, Instance};

/// The beginning of every name that the engine gives (ibm-api.md 4.8).
const NAME_PREFIX: &str = "Secrets-Manager-IAM-Secret-";

/// What a secret has in IAM, by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Credentials {
    /// The key.
    api_key_id: Option<String>,
    /// The service ID of the key.
    service_id: Option<String>,
    /// Whether the engine created the service ID, so that it ends with the key.
    is_generated: bool,
    /// Whether the key of the version before works on, which nothing here names.
    has_predecessors: bool,
}

/// What of it exists.
struct Left {
    credentials: Credentials,
    key: Option<IamEntity>,
    service_id: Option<IamEntity>,
}

/// Reports what exists of a secret that a refresh found to be gone. The value is whether the secret
/// stays in the state until it is removed.
pub(super) async fn report(
    instance: &Instance,
    object: &str,
    credentials: &Credentials,
) -> Report<bool> {
    // While it is unknown, nothing is removed, and nothing is lost that the apply may remove.
    let kept = !matches!(instance.cleanup_iam_on_destroy, Value::Null | Value::Value(false));
    let told = Told { how: OUTSIDE, next: if kept { KEPT } else { DROPPED } };
    match credentials.left(instance).await {
        Ok(None) => Report::of(false),
        Ok(Some(left)) => Report::with(kept, told.exists(object, &left.credentials)),
        Err(reason) if reason.is_cancelled() => {
            Report::with(true, instance.diagnostics(Crud::Read, object, reason.into()))
        }
        Err(reason) => Report::with(kept, told.may_exist(instance, object, credentials, reason)),
    }
}

/// Removes what exists of a secret that is deleted, if the user wants that, or reports it.
/// `afterwards` says what becomes of what could not be removed.
pub(super) async fn remove(
    instance: &Instance,
    object: &str,
    credentials: &Credentials,
    was_there: bool,
    afterwards: &str,
) -> Diagnostics {
    let wanted = instance.cleanup_iam_on_destroy == Value::Value(true);
    if was_there && !wanted {
        return Diagnostics::default();
    }
    let failed = |credentials: &Credentials, reason: ApiError| {
        let object = format!("what {object} left in IAM");
        let mut failed = instance.diagnostics(Crud::Delete, &object, reason.into());
        for error in &mut failed.errors {
            error.detail = format!(
                "{}\n\n{afterwards} By hand, {} is deleted with:\n\n{}",
                error.detail,
                credentials.in_words(),
                credentials.commands()
            )
            .into();
        }
        failed
    };
    let how = if was_there { "Terraform has deleted it." } else { OUTSIDE };
    match credentials.left(instance).await {
        Ok(None) => Diagnostics::default(),
        Ok(Some(left)) if !wanted => Told { how, next: BY_HAND }.exists(object, &left.credentials),
        Ok(Some(left)) if !left.is_of_the_engine() => {
            Told { how, next: FOREIGN }.exists(object, &left.credentials)
        }
        Ok(Some(left)) => match left.remove(instance).await {
            Ok(()) => Diagnostics::default(),
            Err(reason) => failed(&left.credentials, reason),
        },
        Err(reason) if wanted => failed(credentials, reason),
        Err(reason) => Told { how, next: BY_HAND }.may_exist(instance, object, credentials, reason),
    }
}

impl Credentials {
    /// Those that the state names.
    pub(super) fn of(secret: &Secret) -> Self {
        let given = |value: &Value<String>| value.as_deref_option().map(str::to_owned);
        Credentials {
            api_key_id: given(&secret.own.api_key_id),
            service_id: given(&secret.own.service_id),
            is_generated: secret.own.service_id_is_static == Value::Value(false),
            has_predecessors: !secret.own.is_dynamic(),
        }
    }

    /// Those that the metadata names.
    pub(super) fn named_by(metadata: &IamCredentialsMetadata) -> Self {
        Credentials {
            api_key_id: metadata.api_key_id.clone(),
            service_id: metadata.service_id.clone(),
            is_generated: metadata.service_id_is_static == Some(false),
            has_predecessors: !metadata.is_dynamic(),
        }
    }

    /// What exists in IAM, if anything. Of a service ID of the user's, only the key counts; a
    /// generated one is looked up first, because it has no key once it is gone.
    async fn left(&self, instance: &Instance) -> Result<Option<Left>, ApiError> {
        let service_id = match &self.service_id {
            Some(id) if self.is_generated => match instance.client.find_service_id(id).await? {
                None => return Ok(None),
                found => found,
            },
            _ => None,
        };
        let key = match &self.api_key_id {
            Some(id) => instance.client.find_api_key(id).await?,
            None => None,
        };
        if key.is_none() && service_id.is_none() {
            return Ok(None);
        }
        let api_key_id = self.api_key_id.clone().filter(|_| key.is_some());
        let credentials = Credentials { api_key_id, ..self.clone() };
        Ok(Some(Left { credentials, key, service_id }))
    }

    fn in_words(&self) -> String {
        let kind = if self.is_generated { "generated service ID" } else { "service ID" };
        match (&self.api_key_id, &self.service_id) {
            (Some(key), Some(id)) if self.is_generated => {
                format!("the key {key} with its {kind} {id}")
            }
            (Some(key), Some(id)) => format!("the key {key} of the {kind} {id}"),
            (Some(key), None) => format!("the key {key}"),
            (None, id) => format!("the {kind} {}", id.as_deref().unwrap_or_default()),
        }
    }

    /// The commands that delete it.
    fn commands(&self) -> String {
        let service_id = self.service_id.as_deref().unwrap_or("SERVICE_ID");
        let mut commands = Vec::new();
        if let Some(key) = &self.api_key_id {
            commands.push(format!("service-api-key-unlock {key} {service_id}"));
        }
        match &self.api_key_id {
            Some(key) if !self.is_generated => {
                commands.push(format!("service-api-key-delete {key} {service_id}"));
            }
            _ => {
                commands.push(format!("service-id-unlock {service_id}"));
                commands.push(format!("service-id-delete {service_id}"));
            }
        }
        let lines = commands.iter().map(|command| format!("  ibmcloud iam {command}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What a message is about: the key, unless it is gone.
    fn subject(&self) -> &'static str {
        if self.api_key_id.is_some() { "key" } else { "service ID" }
    }
}

impl Left {
    /// Whether it is as the engine creates it, and not changed by somebody since.
    fn is_of_the_engine(&self) -> bool {
        let is_named = |entity: &IamEntity| entity.name.starts_with(NAME_PREFIX);
        match (&self.key, &self.service_id) {
            (Some(key), _) => {
                let owner = self.credentials.service_id.as_deref();
                is_named(key) && owner == key.iam_id.strip_prefix("iam-")
            }
            (None, service_id) => service_id.as_ref().is_some_and(is_named),
        }
    }

    /// Deletes it: a generated service ID with its keys, as the engine does (ibm-api.md 4.10), and
    /// of one of the user's only the key.
    async fn remove(&self, instance: &Instance) -> Result<(), ApiError> {
        let client = &instance.client;
        let is_locked = |entity: &Option<IamEntity>| entity.as_ref().is_some_and(|it| it.locked);
        let key = self.credentials.api_key_id.as_deref();
        if let Some(key) = key.filter(|_| is_locked(&self.key)) {
            client.unlock_api_key(key).await?;
        }
        match (&self.credentials.service_id, key) {
            (Some(id), _) if self.service_id.is_some() => {
                if is_locked(&self.service_id) {
                    client.unlock_service_id(id).await?;
                }
                client.delete_service_id(id).await
            }
            (_, Some(key)) => client.delete_api_key(key).await,
            (_, None) => Ok(()),
        }
    }
}

const OUTSIDE: &str = "It was deleted outside Terraform, alone or with its instance.";

/// What comes next, with `{commands}` for the commands that delete what is left.
const KEPT: &str = "cleanup_iam_on_destroy is set: Terraform keeps the secret in its state until an \
                    apply has removed this, and the plan replaces or destroys it. Whoever uses the \
                    key is locked out then.";
const DROPPED: &str = "Terraform drops the secret from its state. If nobody needs this any more, \
                       delete it:\n\n{commands}\n\nor set cleanup_iam_on_destroy = true in the \
                       provider block before the next apply, which then removes it.";
const BY_HAND: &str = "If nobody needs this any more, delete it:\n\n{commands}";
const FOREIGN: &str = "It is not removed, because it is not as the IAM credentials engine creates \
                       it: it was renamed, or the key belongs to another identity. If nobody needs \
                       it, delete it:\n\n{commands}";

const PREDECESSORS: &str = "\n\nThe state names the current key only: if it was rotated, the one before, \
                            of the same name, may still exist too.";

/// A warning about credentials that outlive their secret.
struct Told {
    /// How the secret came to its end.
    how: &'static str,
    next: &'static str,
}

impl Told {
    fn exists(&self, object: &str, credentials: &Credentials) -> Diagnostics {
        self.warning(
            format!("{object} is gone, but its {} still exists", credentials.subject()),
            format!("Still in IAM, where nothing deletes it any more: {}.", credentials.in_words()),
            credentials,
        )
    }

    fn may_exist(
        &self,
        instance: &Instance,
        object: &str,
        credentials: &Credentials,
        reason: ApiError,
    ) -> Diagnostics {
        let refused = instance.diagnostics(Crud::Read, object, reason.into()).errors;
        let reason: String = refused.into_iter().map(|error| error.detail).collect();
        self.warning(
            format!("{object} is gone, and its {} may still exist", credentials.subject()),
            format!(
                "Whether IAM still has {} could not be checked: {reason}",
                credentials.in_words()
            ),
            credentials,
        )
    }

    fn warning(&self, summary: String, found: String, credentials: &Credentials) -> Diagnostics {
        let Told { how, next } = self;
        let next = next.replace("{commands}", &credentials.commands());
        let mut diagnostics = Diagnostics::default();
        let mut detail = format!("{how} {found}\n\n{next}");
        if credentials.has_predecessors {
            detail.push_str(PREDECESSORS);
        }
        diagnostics.add_warning(diagnostic(path("api_key_id"), summary, detail));
        diagnostics
    }
}
