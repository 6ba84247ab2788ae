//! Makes a new version exactly once, even if the response is lost: a key too many would take the
//! place of the one before, which may still be in use (ibm-api.md 4.5).

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use time::Duration;

use super::kind::{Secret, SecretKind};
use super::versions::CURRENT;
use crate::client::{ApiError, SecretMetadata, SecretType, VersionMetadata, VersionPrototype};
use crate::framework::diag::{AttributePath, Diagnostic, diagnostic};
use crate::instance::{Advice, Failure, Instance, Outcome, RECENT, create_once};

/// How far the service's clocks may be apart, and its times be rounded.
const CLOCKS: Duration = Duration::minutes(1);

/// A new version.
pub struct NewVersion<K: SecretKind> {
    /// Everything but its value.
    pub metadata: VersionMetadata<K::Api>,
    /// Its value, unless the response was lost.
    pub payload: Option<<K::Api as crate::client::SecretType>::Payload>,
    /// Says that it is taken to be of an earlier run.
    pub warning: Option<Diagnostic>,
}

/// Why a new version is wanted.
#[derive(Debug, Default)]
pub struct Wanted {
    /// See [`SecretKind::occasion`].
    pub occasion: Option<Json>,
    /// See [`SecretKind::version_in_state`].
    pub after: Option<String>,
}

/// What is remembered until the next update.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Note {
    /// A request whose response was lost.
    Sent {
        /// The service's time before the request, in seconds since 1970.
        since: i64,
        /// The mark of the version that was current then.
        mark: Option<String>,
        /// What the new version was wanted for.
        occasion: Json,
    },
    /// A refresh has found another version than that with this mark, which was in the state. Perhaps
    /// an earlier run made it and ended before it could record that.
    Another(String),
}

/// Remembers that a refresh has found another version than the one in the state, which is the only
/// trace of a run that was killed in the middle of a rotation. A later refresh that finds the same
/// version again forgets it: by then a run has recorded the version.
pub(super) fn note_another<K: SecretKind>(instance: &Instance, prior: &Secret<K>, now: &Secret<K>) {
    let note = recalled(instance);
    if matches!(note, Some(Note::Sent { .. })) {
        return;
    }
    let before = K::version_in_state(prior)
        .filter(|before| K::version_in_state(now).is_some_and(|now| now != *before));
    if before.is_some() || note.is_some() {
        instance.remember(before.and_then(|mark| serde_json::to_value(Note::Another(mark)).ok()));
    }
}

fn recalled(instance: &Instance) -> Option<Note> {
    instance.recall().and_then(|note| serde_json::from_value(note).ok())
}

/// Sends the request for a new version. `before` is the secret as it is now. If the response is
/// lost, the current version tells whether there is a new one; if that cannot be found out, the next
/// apply for the same occasion looks first. It also looks if the state has another version than the
/// service: an earlier run may have made it and ended before it could record it.
pub async fn create_version_once<K: SecretKind>(
    instance: &Instance,
    before: &SecretMetadata<K::Api>,
    prototype: &VersionPrototype<K::Api>,
    wanted: Wanted,
) -> Result<NewVersion<K>, Failure> {
    let id = &before.common.id;
    let now = instance.client.service_time().unix_timestamp();
    let mark = K::version_mark(before);
    let Wanted { occasion, after } = wanted;
    let a_day_ago = now.saturating_sub(RECENT.whole_seconds());
    let (since, former, is_certain) = match recalled(instance) {
        Some(Note::Sent { since, mark, occasion: earlier })
            if occasion.as_ref() == Some(&earlier) && since >= a_day_ago =>
        {
            (since, mark, true)
        }
        Some(Note::Another(former)) => (a_day_ago, Some(former), false),
        _ => (a_day_ago, after.or_else(|| mark.clone()), false),
    };
    if is_certain || former != mark {
        let found = find::<K>(instance, id, since, former.as_deref()).await;
        let found = found.map_err(|reason| Failure::from(reason).advised(|_| Some(not_known())))?;
        if let Some(metadata) = found {
            let warning = (!is_certain).then(|| taken_over(&metadata));
            return Ok(NewVersion { metadata, payload: None, warning });
        }
    }
    let created = create_once(
        || instance.client.create_version::<K::Api>(id, prototype),
        || find::<K>(instance, id, now, mark.as_deref()),
    );
    let warning = None;
    match created.await {
        Ok(Outcome::Created(version)) => {
            Ok(NewVersion { metadata: version.metadata, payload: Some(version.payload), warning })
        }
        Ok(Outcome::Found(metadata, _)) => Ok(NewVersion { metadata, payload: None, warning }),
        Err(reason) if reason.outcome_unknown() => {
            if let Some(occasion) = occasion {
                let sent = Note::Sent { since: now, mark, occasion };
                instance.remember(serde_json::to_value(sent).ok());
            }
            Err(Failure::from(reason).advised(|_| Some(not_known())))
        }
        Err(reason) => Err(reason.into()),
    }
}

/// The current version, if this identity has made it since then and it is not the one with this
/// mark.
async fn find<K: SecretKind>(
    instance: &Instance,
    id: &str,
    since: i64,
    mark: Option<&str>,
) -> Result<Option<VersionMetadata<K::Api>>, ApiError> {
    let client = &instance.client;
    let now = client.get_secret_metadata::<K::Api>(id).await?;
    let current = K::version_mark(&now);
    if current.is_none() || current.as_deref() == mark {
        return Ok(None);
    }
    let version = client.get_version_metadata::<K::Api>(id, CURRENT).await?;
    let is_ours = client.caller().await.is_some_and(|caller| caller == version.created_by)
        && version.auto_rotated != Some(true)
        && version.created_at.as_date_time().unix_timestamp()
            >= since.saturating_sub(CLOCKS.whole_seconds());
    Ok(is_ours.then_some(version))
}

/// The warning that a version is taken to be of an earlier run, which no state can prove.
fn taken_over<T: SecretType>(version: &VersionMetadata<T>) -> Diagnostic {
    diagnostic(
        AttributePath::root(),
        "The secret has a new version already",
        format!(
            "Version {} was created at {} by {}, the identity of this run, and the state does not \
             have it: an earlier run must have ended before it could record it. It is taken for the \
             version that this update wants, and no other is created. If it was created for another \
             reason, ask for one again, for instance with another value in rotation_triggers.",
            version.id, version.created_at, version.created_by
        ),
    )
}

fn not_known() -> Advice {
    Advice::new(
        "Whether there is a new version is not known. Apply again, which looks first; before you \
         invoke an action again, look at the versions of the secret.",
    )
}
