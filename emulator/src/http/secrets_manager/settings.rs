//! The fields of a secret in request bodies, and the rules that involve two of them (ibm-api.md
//! 2.4, 4.5).

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::fields::{self, Fields, Patch};
use crate::http::rules;
use crate::model::lease::{Rotation, RotationMonth, Ttl, Unit};
use crate::model::secret::{IamCredentials, Kind, Metadata, Source};
use crate::model::secrets_manager::DEFAULT_GROUP;
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use serde_json::Value;

/// The prefix of names in IAM (ibm-api.md 4.8).
pub const IAM_NAME_PREFIX: &str = "Secrets-Manager-IAM-Secret-";
const TTL_RULE: &str =
    "must be 60 to 7776000 seconds, as a number with an optional unit s, m, h or d";

/// The fields that all secret types have.
#[derive(Debug)]
pub struct Common {
    /// The name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A UUID or `default`.
    pub secret_group_id: String,
    /// Labels.
    pub labels: Vec<String>,
    /// The custom metadata of the secret.
    pub custom_metadata: Metadata,
    /// The custom metadata of version 1.
    pub version_custom_metadata: Metadata,
}

/// Takes the fields that all secret types have.
pub fn common(fields: &mut Fields) -> Result<Common> {
    Ok(Common {
        name: fields.required_text("name", rules::SECRET_NAME)?,
        description: fields.text("description", rules::DESCRIPTION)?,
        secret_group_id: fields
            .text("secret_group_id", rules::GROUP_ID)?
            .unwrap_or_else(|| DEFAULT_GROUP.to_owned()),
        labels: fields.texts("labels", rules::LABEL, 0..=30)?.unwrap_or_default(),
        custom_metadata: fields.metadata("custom_metadata")?.unwrap_or_default(),
        version_custom_metadata: fields.metadata("version_custom_metadata")?.unwrap_or_default(),
    })
}

/// Takes the fields that only IAM credentials have.
pub fn iam_credentials(
    fields: &mut Fields,
    name: &str,
    month: RotationMonth,
    now: Timestamp,
) -> Result<IamCredentials> {
    let ttl = fields.value("ttl").ok_or_else(|| fields::missing("ttl"))?;
    let (ttl, ttl_given) = parse_ttl(ttl)?;
    let reuse_api_key =
        fields.flag("reuse_api_key")?.ok_or_else(|| fields::missing("reuse_api_key"))?;
    let access_groups = fields.texts("access_groups", rules::ACCESS_GROUP_ID, 1..=10)?;
    let service_id = fields.text("service_id", rules::SERVICE_ID)?;
    let account_id = fields.text("account_id", rules::ACCOUNT_ID)?;
    let rotation = match fields.value("rotation") {
        Some(value) => parse_rotation(value)?,
        None => Rotation::default(),
    };
    let source = match (service_id, access_groups) {
        (Some(id), None) => Source::ServiceId(id),
        (None, Some(groups)) => Source::AccessGroups(groups),
        (Some(_), Some(_)) => {
            return Err(ApiError::field("service_id", "must not be combined with access_groups"));
        }
        (None, None) => {
            return Err(ApiError::field(
                "access_groups",
                "either access_groups or service_id is required",
            ));
        }
    };
    let settings = IamCredentials {
        ttl,
        ttl_given: Some(ttl_given),
        reuse_api_key,
        source,
        account_id,
        rotation,
        next_rotation_date: rotation.next_due(now, now),
        rotated_at: None,
        iam_name: format!("{IAM_NAME_PREFIX}{name}"),
        destroyed: false,
    };
    check_rotation(&settings, month, now)?;
    Ok(settings)
}

/// Takes the fields that only arbitrary secrets have.
pub fn arbitrary(fields: &mut Fields, now: Timestamp) -> Result<(Kind, Sensitive)> {
    let expiration_date = fields
        .value("expiration_date")
        .map(|value| parse_expiration_date(value, now))
        .transpose()?;
    let payload = payload(fields)?;
    Ok((Kind::Arbitrary { expiration_date, destroyed: false }, payload))
}

/// Takes the payload of an arbitrary secret.
pub fn payload(fields: &mut Fields) -> Result<Sensitive> {
    fields.required_text("payload", rules::PAYLOAD).map(Sensitive::new)
}

/// The changes in a patch.
#[derive(Debug)]
pub struct Changes {
    /// The name.
    pub name: Patch<String>,
    /// Free text.
    pub description: Patch<String>,
    /// The whole list.
    pub labels: Patch<Vec<String>>,
    /// The whole object.
    pub custom_metadata: Patch<Metadata>,
    /// For credentials generated from now on.
    pub ttl: Patch<(Ttl, String)>,
    /// The whole policy.
    pub rotation: Patch<Rotation>,
    /// The expiration date of an arbitrary secret; without one it never expires.
    pub expiration_date: Patch<Timestamp>,
}

/// Takes the fields of a patch. Fields of other secret types are unknown.
pub fn changes(mut fields: Fields, kind: &Kind, now: Timestamp) -> Result<Changes> {
    let mut changes = Changes {
        name: fields.patch_text("name", rules::SECRET_NAME)?,
        description: fields.patch_text("description", rules::DESCRIPTION)?,
        labels: fields
            .patch("labels", |value| fields::texts("labels", value, rules::LABEL, 0..=30))?,
        custom_metadata: fields
            .patch("custom_metadata", |value| fields::metadata("custom_metadata", value))?,
        ttl: Patch::Keep,
        rotation: Patch::Keep,
        expiration_date: Patch::Keep,
    };
    match kind {
        Kind::IamCredentials(_) => {
            changes.ttl = fields.patch("ttl", parse_ttl)?;
            changes.rotation = fields.patch("rotation", parse_rotation)?;
        }
        Kind::Arbitrary { .. } => {
            changes.expiration_date =
                fields.patch("expiration_date", |value| parse_expiration_date(value, now))?;
        }
    }
    fields.finish()?;
    Ok(changes)
}

/// Applies a patch to the settings of IAM credentials. `lease_end` is the current version's, as
/// long as its data is kept; `base` is the last rotation, or the creation. Values that were there
/// before are never refused.
pub fn apply(
    settings: &mut IamCredentials,
    ttl: Patch<(Ttl, String)>,
    rotation: Patch<Rotation>,
    lease_end: Option<Timestamp>,
    base: Timestamp,
    month: RotationMonth,
    now: Timestamp,
) -> Result<()> {
    let (ttl_before, rotation_before) = (settings.ttl, settings.rotation);
    match ttl {
        Patch::Keep => {}
        Patch::Remove => return Err(ApiError::field("ttl", "cannot be removed")),
        Patch::Set((ttl, given)) => {
            settings.ttl = ttl;
            settings.ttl_given = Some(given);
        }
    }
    match rotation {
        Patch::Keep => {}
        Patch::Remove => settings.rotation = Rotation::default(),
        Patch::Set(rotation) => settings.rotation = rotation,
    }
    let policy_changed = settings.rotation != rotation_before;
    if !policy_changed && settings.ttl == ttl_before {
        return Ok(());
    }
    check_rotation(settings, month, now)?;
    if policy_changed {
        settings.next_rotation_date = settings.rotation.next_due(base, now);
        let compared = settings.rotation.compared(month).next_due(base, now);
        if let (Some(next), Some(end)) = (compared, lease_end)
            && end < next
        {
            return Err(ApiError::new(
                ErrorKind::RotationTooLate,
                "The current version expires before the next scheduled rotation. Rotate the secret first.",
            ));
        }
    }
    Ok(())
}

/// A rotation policy needs a reusable key, and an interval that does not exceed the lease.
fn check_rotation(settings: &IamCredentials, month: RotationMonth, now: Timestamp) -> Result<()> {
    let Some(next) = settings.rotation.compared(month).next_after(now) else {
        return Ok(());
    };
    if !settings.reuse_api_key {
        return Err(ApiError::field("rotation", "needs reuse_api_key to be true"));
    }
    if next > settings.ttl.end_from(now) {
        return Err(ApiError::field("rotation", "the interval must not exceed the ttl"));
    }
    Ok(())
}

fn parse_expiration_date(value: Value, now: Timestamp) -> Result<Timestamp> {
    let text = fields::text("expiration_date", value, rules::ANY)?;
    let date: Timestamp = text
        .parse()
        .map_err(|_| ApiError::field("expiration_date", "must be an RFC 3339 date-time"))?;
    if date <= now {
        return Err(ApiError::field("expiration_date", "must be in the future"));
    }
    Ok(date)
}

/// A time to live, and the text that the caller wrote.
fn parse_ttl(value: Value) -> Result<(Ttl, String)> {
    let given = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let ttl = Ttl::parse(&given).ok_or_else(|| ApiError::field("ttl", TTL_RULE))?;
    Ok((ttl, given))
}

/// Merges a patch into custom metadata: objects recursively, null deletes (RFC 7396).
pub fn merge(target: &mut Metadata, patch: Metadata) -> Result<()> {
    merge_objects(target, patch);
    fields::metadata("custom_metadata", Value::Object(target.clone()))?;
    Ok(())
}

fn merge_objects(target: &mut Metadata, patch: Metadata) {
    for (name, value) in patch {
        match (target.get_mut(&name), value) {
            (_, Value::Null) => {
                target.remove(&name);
            }
            (Some(Value::Object(inner)), Value::Object(patch)) => merge_objects(inner, patch),
            (_, Value::Object(patch)) => {
                let mut inner = Metadata::new();
                merge_objects(&mut inner, patch);
                target.insert(name, Value::Object(inner));
            }
            (_, value) => {
                target.insert(name, value);
            }
        }
    }
}

fn parse_rotation(value: Value) -> Result<Rotation> {
    let mut fields = Fields::nested("rotation", value)?;
    let auto_rotate = fields.flag("auto_rotate")?;
    let interval = match fields.value("interval") {
        None => None,
        Some(value) => {
            let interval = value.as_u64().and_then(|number| u32::try_from(number).ok());
            let interval = interval.filter(|interval| *interval >= 1);
            Some(interval.ok_or_else(|| {
                ApiError::field("rotation.interval", "must be a whole number from 1")
            })?)
        }
    };
    let unit = match fields.text("unit", rules::ANY)?.as_deref() {
        None => None,
        Some("day") => Some(Unit::Day),
        Some("month") => Some(Unit::Month),
        Some(_) => return Err(ApiError::field("rotation.unit", "must be day or month")),
    };
    let empty = auto_rotate.is_none() && interval.is_none() && unit.is_none();
    fields.finish()?;
    let rotation = Rotation { auto_rotate: auto_rotate.unwrap_or(false), interval, unit };
    if auto_rotate.is_none() && !empty {
        return Err(ApiError::field("rotation.auto_rotate", "is required"));
    }
    if rotation.auto_rotate && (interval.is_none() || unit.is_none()) {
        return Err(ApiError::field("rotation", "auto_rotate needs interval and unit"));
    }
    Ok(rotation)
}
