//! The key of a run, shared by both ephemeral resources: waiting until IAM accepts it, when to renew
//! it, and whether it is still current.

use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::orphans::Credentials;
use crate::client::{self, ApiError, SecretMetadata};
use crate::framework::diag::{
    AttributePath, Diagnostics, Report, diagnostic, error, path, sentence,
};
use crate::instance::{Crud, Instance};
use crate::units::duration::Span;

type Metadata = SecretMetadata<client::IamCredentials>;

/// IAM accepts a new key after about two seconds (ibm-api.md 3.2). If it does not
/// within this time, something else is wrong.
const USABLE_WITHIN: Duration = Duration::from_secs(60);

/// The first wait between two attempts; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// What becomes of a run's credentials that could not be removed.
pub(super) const FOR_GOOD: &str = "The secret itself is gone, so nothing tries again.";

/// Which key a run has. Terraform keeps this in memory for the run; it contains no secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeasedKey {
    /// The secret that the key belongs to.
    pub(super) secret_id: String,
    /// The key's id in IAM.
    pub(super) api_key_id: String,
    /// What may outlive the secret in IAM.
    pub(super) credentials: Credentials,
    /// When the run was given it, in seconds since 1970 by the service's clock.
    opened_at: i64,
    /// When it expires, in seconds since 1970.
    expires_at: Option<i64>,
}

impl LeasedKey {
    /// The key that the run has just been given.
    pub(super) fn new(instance: &Instance, metadata: &Metadata, api_key_id: &str) -> Self {
        let expires_at = metadata.common.expiration_date.map(|end| end.as_date_time());
        LeasedKey {
            secret_id: metadata.common.id.clone(),
            api_key_id: api_key_id.to_owned(),
            credentials: Credentials::named_by(&metadata.own),
            opened_at: instance.client.service_time().unix_timestamp(),
            expires_at: expires_at.map(OffsetDateTime::unix_timestamp),
        }
    }

    fn end(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.expires_at?).ok()
    }

    /// When it expired, if it has by now. The service's clock is known to a second.
    fn expired(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        self.end().filter(|end| *end <= now + time::Duration::SECOND)
    }

    /// A warning at the end of a run that the key did not outlive. Terraform ignores what a renewal
    /// reports, so this is the first that the user hears of it.
    pub(super) fn outlived(&self, object: &str, now: OffsetDateTime) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        let Some(end) = self.expired(now) else { return diagnostics };
        // A minute more than the run has taken, in whole minutes.
        let minutes = now.unix_timestamp().saturating_sub(self.opened_at) / 60 + 2;
        let enough = Span::from_seconds(u64::try_from(minutes).unwrap_or_default() * 60);
        diagnostics.add_warning(diagnostic(
            AttributePath::root(),
            format!("The key of {object} expired during the run"),
            format!(
                "It expired at {}; whatever used it after that was refused, often with the message \
                 \"Provided API key could not be found\". A ttl of {enough} would have been long \
                 enough.",
                rfc3339(end)
            ),
        ));
        diagnostics
    }

    /// Checks the key; returns when to check again, and diagnostics for the user.
    pub(super) async fn renew(
        &self,
        instance: &Instance,
        object: &str,
    ) -> Report<Option<SystemTime>> {
        match instance.client.get_secret_metadata(&self.secret_id).await {
            Ok(metadata) => {
                let found = look(&metadata, self, instance.client.service_time());
                let next = match &found {
                    // At its expiry, to report that.
                    Look::Alive(end) | Look::Rotated(end) => Some(instance.client.local_time(*end)),
                    Look::Lost(_) => None,
                };
                Report::with(next, look_diagnostics(object, &found))
            }
            // The sweep of another run deletes what has expired.
            Err(reason) if reason.is_not_found() => {
                let end = self.expired(instance.client.service_time());
                let why = end.map_or_else(|| "Its secret was deleted.".to_owned(), expired);
                Report::with(None, look_diagnostics(object, &Look::Lost(why)))
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
        Unusable::Failed(reason) => {
            sentence(format!("The request to IAM for a token failed: {reason}"))
        }
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
    /// It is no longer current, and valid until this time all the same, or until the next rotation.
    Rotated(OffsetDateTime),
    /// It is no longer usable, for this reason.
    Lost(String),
}

/// Whether the key is still current and has not expired. A rotation leaves the former key valid
/// until it expires; only the next read of a dynamic secret revokes it (ibm-api.md 4.3, 4.5).
fn look(metadata: &Metadata, key: &LeasedKey, now: OffsetDateTime) -> Look {
    let current = metadata.own.api_key_id.as_deref();
    let is_current = current == Some(&key.api_key_id);
    if let Some(end) = key.expired(now) {
        return Look::Lost(expired(end));
    }
    match (key.end(), current) {
        (Some(end), Some(_)) if is_current => Look::Alive(end),
        (Some(end), Some(_)) if !metadata.own.is_dynamic() => Look::Rotated(end),
        (_, Some(current)) if !is_current => Look::Lost(format!(
            "Somebody read or rotated the secret, which replaced the key {} by {current}. A secret \
             that others read too does not suit a single run: use ibm_sm_iam_credentials_lease \
             instead.",
            key.api_key_id
        )),
        _ => Look::Lost("The secret no longer has a key: it expired or was revoked.".to_owned()),
    }
}

fn expired(end: OffsetDateTime) -> String {
    format!(
        "The key expired at {} during the run. Choose a ttl that is longer than the run.",
        rfc3339(end)
    )
}

/// The diagnostics of a check: an error for a lost key, a warning for one that expires soon.
fn look_diagnostics(object: &str, look: &Look) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let root = AttributePath::root;
    match look {
        Look::Alive(end) => diagnostics.add_warning(diagnostic(
            root(),
            format!("The key of {object} expires soon"),
            format!(
                "It expires at {}, and its lifetime cannot be extended. If the run takes longer, \
                 choose a longer ttl.",
                rfc3339(*end)
            ),
        )),
        Look::Rotated(end) => diagnostics.add_warning(diagnostic(
            root(),
            format!("{object} was rotated during the run"),
            format!(
                "The key of this run stays valid until {}, unless the secret is rotated once more: \
                 the service retains the current key and the one before.",
                rfc3339(*end)
            ),
        )),
        Look::Lost(reason) => diagnostics.add_error(diagnostic(
            root(),
            format!("The key of {object} is lost"),
            reason.clone(),
        )),
    }
    diagnostics
}

fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(api_key_id: Option<&str>, reuse_api_key: bool) -> Metadata {
        serde_json::from_value(json!({
            "id": "s", "secret_type": "iam_credentials", "crn": "c", "secret_group_id": "default",
            "created_by": "i", "created_at": "2026-11-24T11:00:00Z",
            "updated_at": "2026-11-24T11:00:00Z", "api_key_id": api_key_id,
            "reuse_api_key": reuse_api_key
        }))
        .unwrap()
    }

    fn at(time: &str) -> OffsetDateTime {
        OffsetDateTime::parse(time, &Rfc3339).unwrap()
    }

    fn key() -> LeasedKey {
        LeasedKey {
            secret_id: "s".to_owned(),
            api_key_id: "ApiKey-1".to_owned(),
            credentials: Credentials::default(),
            opened_at: at("2026-11-24T11:50:00Z").unix_timestamp(),
            expires_at: Some(at("2026-11-24T12:00:10Z").unix_timestamp()),
        }
    }

    #[test]
    fn a_key_is_alive_while_it_is_current_and_has_not_expired() {
        let (now, end) = (at("2026-11-24T12:00:00Z"), at("2026-11-24T12:00:10Z"));
        let current = metadata(Some("ApiKey-1"), false);
        assert_eq!(look(&current, &key(), now), Look::Alive(end));
        for (metadata, now, why) in [
            (metadata(Some("ApiKey-2"), false), now, "replaced the key ApiKey-1 by ApiKey-2"),
            (metadata(None, false), now, "no longer has a key"),
            (current, end, "expired at 2026-11-24T12:00:10Z"),
        ] {
            match look(&metadata, &key(), now) {
                Look::Lost(reason) => assert!(reason.contains(why), "{reason}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_rotation_of_a_reused_key_is_no_loss_before_it_expires() {
        let rotated = metadata(Some("ApiKey-2"), true);
        let (now, end) = (at("2026-11-24T12:00:00Z"), at("2026-11-24T12:00:10Z"));
        assert_eq!(look(&rotated, &key(), now), Look::Rotated(end));
        assert!(matches!(look(&rotated, &key(), end), Look::Lost(_)));
        assert_eq!(look_diagnostics("it", &Look::Rotated(end)).errors, []);
    }

    #[test]
    fn a_run_that_takes_longer_than_its_key_lives_is_told_which_ttl_is_enough() {
        assert_eq!(key().outlived("lease s", at("2026-11-24T12:00:00Z")), Diagnostics::default());
        let warnings = key().outlived("lease s", at("2026-11-24T12:20:30Z")).warnings;
        assert_eq!(warnings[0].summary, "The key of lease s expired during the run");
        assert!(warnings[0].detail.contains("expired at 2026-11-24T12:00:10Z"));
        assert!(warnings[0].detail.contains("A ttl of 32m would"), "{}", warnings[0].detail);
    }
}
