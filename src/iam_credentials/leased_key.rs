//! The key of a run, shared by both ephemeral resources: waiting until IAM accepts it, when to renew
//! it, and whether it is still current.

use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::client::{self, ApiError, SecretMetadata};
use crate::framework::diag::{AttributePath, Diagnostics, Report, diagnostic, error, path};
use crate::instance::{Crud, Instance};

type Metadata = SecretMetadata<client::IamCredentials>;

/// IAM accepts a new key after about two seconds (ibm-api.md 3.2). If it does not
/// within this time, something else is wrong.
const USABLE_WITHIN: Duration = Duration::from_secs(60);

/// The first wait between two attempts; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// Which key a run has. Terraform keeps this in memory for the run; it contains no secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeasedKey {
    /// The secret that the key belongs to.
    pub(super) secret_id: String,
    /// The key's id in IAM.
    pub(super) api_key_id: String,
}

impl LeasedKey {
    /// Checks the key; returns when to check again, and diagnostics for the user.
    pub(super) async fn renew(
        &self,
        instance: &Instance,
        object: &str,
    ) -> Report<Option<SystemTime>> {
        match instance.client.get_secret_metadata(&self.secret_id).await {
            Ok(metadata) => {
                let found = look(&metadata, &self.api_key_id, instance.client.service_time());
                let next = match &found {
                    // At its expiry, to report that.
                    Look::Alive(end) => Some(instance.client.local_time(*end)),
                    Look::Lost(_) => None,
                };
                Report::with(next, look_diagnostics(object, &found))
            }
            Err(reason) => {
                Report::with(None, instance.diagnostics(Crud::Read, object, reason.into()))
            }
        }
    }
}

/// Why the wait for a usable key failed.
#[derive(Debug)]
enum Unusable {
    /// IAM still refuses it.
    Refused,
    /// The run was interrupted.
    Interrupted,
    /// The request to IAM failed.
    Failed(ApiError),
}

/// Waits until IAM issues a token for the key; an error after [`USABLE_WITHIN`].
pub(super) async fn wait_until_usable(
    instance: &Instance,
    object: &str,
    api_key: &SecretString,
) -> Result<(), Diagnostics> {
    wait(instance, api_key).await.map_err(|reason| unusable(object, &reason))
}

async fn wait(instance: &Instance, api_key: &SecretString) -> Result<(), Unusable> {
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

fn unusable(object: &str, reason: &Unusable) -> Diagnostics {
    let detail = match reason {
        Unusable::Refused => format!(
            "IAM still refuses the new key after {} seconds; it usually takes two. Check that its \
             service ID exists and that no policy of the account forbids API keys. With \
             wait_until_usable = false, the key is returned without this check.",
            USABLE_WITHIN.as_secs()
        ),
        Unusable::Interrupted => {
            "The run was interrupted before IAM accepted the new key.".to_owned()
        }
        Unusable::Failed(reason) => format!("The request to IAM for a token failed: {reason}."),
    };
    error(path("api_key"), format!("The key of {object} is not usable"), detail)
}

/// When to renew: before the key's expiry by a tenth of the time left, but at least half a minute
/// and at most five minutes. `None` for a key that does not expire.
pub(super) fn renew_at(instance: &Instance, metadata: &Metadata) -> Option<SystemTime> {
    let end = metadata.common.expiration_date?.as_date_time();
    let left: time::Duration = end - instance.client.service_time();
    let ahead: time::Duration =
        (left / 10_i32).clamp(time::Duration::seconds(30), time::Duration::minutes(5));
    Some(instance.client.local_time(end - ahead))
}

/// The condition of a key.
#[derive(Debug, PartialEq)]
enum Look {
    /// It is valid until this time, which cannot be extended.
    Alive(OffsetDateTime),
    /// It is no longer usable, for this reason.
    Lost(String),
}

/// Whether the key `api_key_id` is still current and has not expired.
fn look(metadata: &Metadata, api_key_id: &str, now: OffsetDateTime) -> Look {
    let end = metadata.common.expiration_date.map(|end| end.as_date_time());
    match (metadata.own.api_key_id.as_deref(), end) {
        (Some(current), Some(end)) if current == api_key_id && now < end => Look::Alive(end),
        (Some(current), _) if current != api_key_id => Look::Lost(format!(
            "Somebody read or rotated the secret, which replaced the key {api_key_id} by {current}. \
             A secret that others read too does not suit a single run: use \
             ibm_sm_iam_credentials_lease instead."
        )),
        (_, Some(end)) => Look::Lost(format!(
            "The key expired at {} during the run. Choose a ttl that is longer than \
             the run.",
            end.format(&Rfc3339).unwrap_or_else(|_| end.to_string())
        )),
        (_, None) => {
            Look::Lost("The secret no longer has a key: it expired or was revoked.".to_owned())
        }
    }
}

/// The diagnostics of a check: an error for a lost key, a warning for one that expires soon.
fn look_diagnostics(object: &str, look: &Look) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    match look {
        Look::Alive(end) => diagnostics.add_warning(diagnostic(
            AttributePath::root(),
            format!("The key of {object} expires soon"),
            format!(
                "It expires at {}, and its lifetime cannot be extended. If the run takes longer, choose \
                 a longer ttl.",
                end.format(&Rfc3339).unwrap_or_else(|_| end.to_string())
            ),
        )),
        Look::Lost(reason) => diagnostics.add_error(diagnostic(
            AttributePath::root(),
            format!("The key of {object} is lost"),
            reason.clone(),
        )),
    }
    diagnostics
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(api_key_id: Option<&str>, end: Option<&str>) -> Metadata {
        serde_json::from_value(json!({
            "id": "s", "secret_type": "iam_credentials", "crn": "c", "secret_group_id": "default",
            "created_by": "i", "created_at": "2026-11-24T11:00:00Z",
            "updated_at": "2026-11-24T11:00:00Z", "api_key_id": api_key_id, "expiration_date": end
        }))
        .unwrap()
    }

    #[test]
    fn a_key_is_alive_while_it_is_current_and_has_not_expired() {
        let now = OffsetDateTime::parse("2026-11-24T12:00:00Z", &Rfc3339).unwrap();
        let end = Some("2026-11-24T12:00:01Z");
        let alive = look(&metadata(Some("ApiKey-1"), end), "ApiKey-1", now);
        assert_eq!(alive, Look::Alive(now + time::Duration::seconds(1)));
        for (current, end, why) in [
            (Some("ApiKey-2"), end, "replaced the key ApiKey-1 by ApiKey-2"),
            (Some("ApiKey-1"), Some("2026-11-24T12:00:00Z"), "expired at 2026-11-24T12:00:00Z"),
            (None, end, "expired at"),
            (None, None, "no longer has a key"),
        ] {
            match look(&metadata(current, end), "ApiKey-1", now) {
                Look::Lost(said) => assert!(said.contains(why), "{said}"),
                alive => panic!("{alive:?}"),
            }
        }
    }
}
