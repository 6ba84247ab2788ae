//! Makes a new version exactly once, even if the response is lost: a key too many would take the
//! place of the one before, which may still be in use (ibm-api.md 4.5).

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use time::Duration;

use super::kind::SecretKind;
use super::versions::CURRENT;
use crate::client::{ApiError, SecretMetadata, VersionMetadata, VersionPrototype};
use crate::instance::{Advice, Failure, Instance, Outcome, RECENT, create_once};

/// How far the service's clocks may be apart, and its times be rounded.
const CLOCKS: Duration = Duration::minutes(1);

/// A new version.
pub struct NewVersion<K: SecretKind> {
    /// Everything but its value.
    pub metadata: VersionMetadata<K::Api>,
    /// Its value, unless the response was lost.
    pub payload: Option<<K::Api as crate::client::SecretType>::Payload>,
}

/// What is remembered of a request whose response was lost, until the next apply.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    /// The service's time before the request, in seconds since 1970.
    since: i64,
    /// The mark of the version that was current then.
    mark: Option<String>,
    /// What the new version was wanted for.
    occasion: Json,
}

/// Sends the request for a new version. `before` is the secret as it is now. If the response is
/// lost, the current version tells whether there is a new one; if that cannot be found out, the next
/// apply with the same `occasion` looks first.
pub async fn create_version_once<K: SecretKind>(
    instance: &Instance,
    before: &SecretMetadata<K::Api>,
    prototype: &VersionPrototype<K::Api>,
    occasion: Option<Json>,
) -> Result<NewVersion<K>, Failure> {
    let id = &before.common.id;
    let now = instance.client.service_time().unix_timestamp();
    let earlier = instance.recall().and_then(|note| serde_json::from_value::<Pending>(note).ok());
    let is_same = |earlier: &Pending| {
        occasion.as_ref() == Some(&earlier.occasion)
            && now.saturating_sub(earlier.since) <= RECENT.whole_seconds()
    };
    if let Some(earlier) = earlier.filter(is_same) {
        let found = find::<K>(instance, id, earlier.since, earlier.mark.as_deref()).await;
        let found = found.map_err(|reason| Failure::from(reason).advised(|_| Some(not_known())))?;
        if let Some(metadata) = found {
            return Ok(NewVersion { metadata, payload: None });
        }
    }
    let mark = K::version_mark(before);
    let created = create_once(
        || instance.client.create_version::<K::Api>(id, prototype),
        || find::<K>(instance, id, now, mark.as_deref()),
    );
    match created.await {
        Ok(Outcome::Created(version)) => {
            Ok(NewVersion { metadata: version.metadata, payload: Some(version.payload) })
        }
        Ok(Outcome::Found(metadata, _)) => Ok(NewVersion { metadata, payload: None }),
        Err(reason) if reason.outcome_unknown() => {
            if let Some(occasion) = occasion {
                let pending = Pending { since: now, mark, occasion };
                instance.remember(serde_json::to_value(pending).ok());
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

fn not_known() -> Advice {
    Advice::new(
        "Whether there is a new version is not known. Apply again, which looks first; before you \
         invoke an action again, look at the versions of the secret.",
    )
}
