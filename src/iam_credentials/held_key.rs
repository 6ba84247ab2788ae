//! A key that a run holds: waiting until IAM takes it, when to look after it,
//! and whether it is still the current one. What both ephemeral resources share.

use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::mapping::SecretMetadata;
use crate::client::ApiError;
use crate::framework::diag::{AttributePath, Diagnostics, Report, diagnostic, error, path};
use crate::framework::resource::Call;
use crate::framework::value::{Value, text};
use crate::scope::Scope;
use crate::scope::connection::{Connection, Instance};
use crate::scope::failure::Action;

/// A new key is not accepted at once (ibm-api.md 3.2: about two seconds). This
/// long after it was made, something else is wrong.
const USABLE_WITHIN: Duration = Duration::from_secs(60);

/// The first wait between two tries; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// Which key a run holds, for as long as it does. Terraform keeps this in
/// memory; it holds no secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldKey {
    instance_id: String,
    region: String,
    endpoint_type: Option<String>,
    /// The secret that the key belongs to.
    pub(super) secret_id: String,
    /// The key's id in IAM.
    pub(super) api_key_id: String,
}

impl HeldKey {
    /// The key of a secret in the instance.
    pub(super) fn new(
        instance: &Instance,
        scope: &Scope,
        secret_id: &str,
        api_key_id: &str,
    ) -> Self {
        HeldKey {
            instance_id: instance.instance_id.clone(),
            region: instance.region.clone(),
            endpoint_type: scope.endpoint_type.as_deref_option().map(str::to_owned),
            secret_id: secret_id.to_owned(),
            api_key_id: api_key_id.to_owned(),
        }
    }

    /// The instance that it is in.
    pub(super) fn scope(&self) -> Scope {
        Scope {
            id: Value::Null,
            instance_id: text(&self.instance_id),
            region: text(&self.region),
            endpoint_type: self.endpoint_type.clone().into(),
        }
    }

    /// Looks after the lease: when to look again, and what to tell the user.
    pub(super) async fn renew(
        &self,
        connection: &Connection,
        call: &Call,
        object: &str,
    ) -> Report<Option<SystemTime>> {
        let instance = match connection.instance(&self.scope(), call) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        match instance.client.get_secret_metadata(&self.secret_id).await {
            Ok(metadata) => {
                let found = look(&metadata, &self.api_key_id, instance.client.service_time());
                let next = match &found {
                    // At its end, to say that it has ended.
                    Look::Alive(end) => Some(instance.client.local_time(*end)),
                    Look::Lost(_) => None,
                };
                Report::with(next, look_diagnostics(object, &found))
            }
            Err(reason) => {
                Report::with(None, instance.failure(Action::Read, object, &reason, None))
            }
        }
    }
}

/// How the wait for a key ended without it.
#[derive(Debug)]
pub(super) enum Unusable {
    /// IAM still refuses it.
    Refused,
    /// The run was interrupted.
    Interrupted,
    /// IAM does not answer as it should.
    Failed(ApiError),
}

/// Waits until IAM gives a token for the key, within bounds.
pub(super) async fn wait_until_usable(
    instance: &Instance,
    api_key: &SecretString,
) -> Result<(), Unusable> {
    let started = tokio::time::Instant::now();
    let mut wait = FIRST_WAIT;
    while !instance.client.key_is_accepted(api_key).await.map_err(Unusable::Failed)? {
        if started.elapsed() + wait > USABLE_WITHIN {
            return Err(Unusable::Refused);
        }
        tokio::select! {
            biased;
            () = instance.client.cancelled().cancelled() => return Err(Unusable::Interrupted),
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(LONGEST_WAIT),
        }
    }
    Ok(())
}

/// What the user is told of a key that did not become usable.
pub(super) fn unusable(object: &str, reason: &Unusable) -> Diagnostics {
    let detail = match reason {
        Unusable::Refused => format!(
            "IAM refuses the new key after {} seconds, where two are usual. Check that its service \
             ID exists and that no policy of the account forbids API keys. With wait_until_usable = \
             false the key is handed on without this test.",
            USABLE_WITHIN.as_secs()
        ),
        Unusable::Interrupted => "The run was interrupted before IAM took the new key.".to_owned(),
        Unusable::Failed(reason) => format!("IAM could not be asked for a token: {reason}."),
    };
    error(path("api_key"), format!("The key of {object} is not usable"), detail)
}

/// When to look after a lease: ahead of its end by a tenth of what is left, at
/// least half a minute and at most five. Nothing to look after has no end.
pub(super) fn renew_at(instance: &Instance, end: Option<OffsetDateTime>) -> Option<SystemTime> {
    let end = end?;
    let left: time::Duration = end - instance.client.service_time();
    let ahead: time::Duration =
        (left / 10_i32).clamp(time::Duration::seconds(30), time::Duration::minutes(5));
    Some(instance.client.local_time(end - ahead))
}

/// What a look at the lease finds.
#[derive(Debug, PartialEq)]
enum Look {
    /// It lives on until then; nothing more can be done about it.
    Alive(OffsetDateTime),
    /// Something is wrong, in words for the user.
    Lost(String),
}

/// Whether the lease of `api_key_id` still lives.
fn look(metadata: &SecretMetadata, api_key_id: &str, now: OffsetDateTime) -> Look {
    let end = metadata.common.expiration_date.map(|end| end.as_date_time());
    match (metadata.own.api_key_id.as_deref(), end) {
        (Some(current), Some(end)) if current == api_key_id && now < end => Look::Alive(end),
        (Some(current), _) if current != api_key_id => Look::Lost(format!(
            "Somebody read or rotated the secret, which replaced the key {api_key_id} by {current}. \
             A secret that others read too is not for one run alone: use \
             ibm_sm_iam_credentials_lease instead."
        )),
        (_, Some(end)) => Look::Lost(format!(
            "The lease ended at {} while the run still goes on. Choose a ttl that is longer than \
             the run.",
            end.format(&Rfc3339).unwrap_or_else(|_| end.to_string())
        )),
        (_, None) => Look::Lost(
            "The service holds no key for it any more: its lease ended, or the key was revoked."
                .to_owned(),
        ),
    }
}

/// The diagnostics of a look: an error for a lost lease, a warning for one that
/// lives but ends soon.
fn look_diagnostics(object: &str, look: &Look) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    match look {
        Look::Alive(end) => diagnostics.add_warning(diagnostic(
            AttributePath::root(),
            format!("The lease of {object} ends soon"),
            format!(
                "It ends at {} and cannot be prolonged. If the run takes longer, choose a longer \
                 ttl.",
                end.format(&Rfc3339).unwrap_or_else(|_| end.to_string())
            ),
        )),
        Look::Lost(why) => diagnostics.add_error(diagnostic(
            AttributePath::root(),
            format!("The lease of {object} is over"),
            why.clone(),
        )),
    }
    diagnostics
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(api_key_id: Option<&str>, end: Option<&str>) -> SecretMetadata {
        serde_json::from_value(json!({
            "id": "s", "secret_type": "iam_credentials", "crn": "c", "secret_group_id": "default",
            "created_by": "i", "created_at": "2026-11-24T11:00:00Z",
            "updated_at": "2026-11-24T11:00:00Z", "api_key_id": api_key_id, "expiration_date": end
        }))
        .unwrap()
    }

    #[test]
    fn a_lease_lives_while_its_key_is_current_and_its_end_is_ahead() {
        let now = OffsetDateTime::parse("2026-11-24T12:00:00Z", &Rfc3339).unwrap();
        let end = Some("2026-11-24T12:00:01Z");
        let alive = look(&metadata(Some("ApiKey-1"), end), "ApiKey-1", now);
        assert_eq!(alive, Look::Alive(now + time::Duration::seconds(1)));
        for (current, end, why) in [
            (Some("ApiKey-2"), end, "replaced the key ApiKey-1 by ApiKey-2"),
            (Some("ApiKey-1"), Some("2026-11-24T12:00:00Z"), "ended at 2026-11-24T12:00:00Z"),
            (None, end, "ended at"),
            (None, None, "holds no key"),
        ] {
            match look(&metadata(current, end), "ApiKey-1", now) {
                Look::Lost(said) => assert!(said.contains(why), "{said}"),
                alive => panic!("{alive:?}"),
            }
        }
    }
}
