//! Response bodies of secrets and versions (ibm-api.md 2.4, 2.5).

use crate::model::lease::Rotation;
use crate::model::secret::{Kind, Metadata, Secret, Source, Version};
use crate::model::secrets_manager::Instance;
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use crate::model::{Switches, TtlEcho};
use serde::Serialize;

/// A secret: IBM's metadata model, or the full model with the data.
#[derive(Serialize)]
pub struct SecretBody<'a> {
    id: &'a str,
    secret_type: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    secret_group_id: &'a str,
    labels: &'a [String],
    crn: String,
    created_by: &'a str,
    created_at: Timestamp,
    updated_at: Timestamp,
    retrieved_at: Timestamp,
    downloaded: bool,
    custom_metadata: &'a Metadata,
    locks_total: usize,
    versions_total: usize,
    state: u8,
    state_description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<Timestamp>,
    #[serde(flatten)]
    kind: KindBody<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum KindBody<'a> {
    IamCredentials {
        ttl: String,
        reuse_api_key: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        access_groups: Option<&'a [String]>,
        #[serde(skip_serializing_if = "Option::is_none")]
        service_id: Option<&'a str>,
        service_id_is_static: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        account_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        api_key_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        api_key: Option<&'a Sensitive>,
        rotation: Rotation,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_rotation_date: Option<Timestamp>,
    },
    Arbitrary {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a Sensitive>,
    },
}

impl<'a> SecretBody<'a> {
    /// Without what a list may leave out.
    pub fn brief(self) -> Self {
        Self { description: None, expiration_date: None, ..self }
    }

    /// Without the data.
    pub fn metadata(secret: &'a Secret, instance: &Instance, switches: Switches) -> Self {
        Self::new(secret, instance, switches, false)
    }

    /// With the data, if there is any.
    pub fn with_data(secret: &'a Secret, instance: &Instance, switches: Switches) -> Self {
        Self::new(secret, instance, switches, true)
    }

    fn new(secret: &'a Secret, instance: &Instance, switches: Switches, with_data: bool) -> Self {
        let current = secret.current();
        let live = current.filter(|current| current.payload_available());
        let payload = live.and_then(|live| live.payload.as_ref()).filter(|_| with_data);
        let (state, state_description) = secret.state();
        let kind = match &secret.kind {
            Kind::IamCredentials(settings) => {
                let (access_groups, service_id) = match &settings.source {
                    Source::ServiceId(id) => (None, Some(id.as_str())),
                    Source::AccessGroups(groups) => {
                        (Some(groups.as_slice()), live.and_then(|live| live.service_id.as_deref()))
                    }
                };
                KindBody::IamCredentials {
                    ttl: match (switches.ttl_echo, &settings.ttl_given) {
                        (TtlEcho::AsGiven, Some(given)) => given.clone(),
                        _ => settings.ttl.seconds().to_string(),
                    },
                    reuse_api_key: settings.reuse_api_key,
                    access_groups,
                    service_id,
                    service_id_is_static: access_groups.is_none(),
                    account_id: settings.account_id.as_deref(),
                    api_key_id: live.and_then(|live| live.api_key_id.as_deref()),
                    api_key: payload,
                    rotation: settings.rotation,
                    next_rotation_date: settings.next_rotation_date,
                }
            }
            Kind::Arbitrary { .. } => KindBody::Arbitrary { payload },
        };
        Self {
            id: &secret.id,
            secret_type: secret.kind.secret_type(),
            name: &secret.name,
            description: secret.description.as_deref(),
            secret_group_id: &secret.secret_group_id,
            labels: &secret.labels,
            crn: instance.crn_of("secret", &secret.id),
            created_by: &secret.created_by,
            created_at: secret.created_at,
            updated_at: secret.updated_at,
            retrieved_at: secret.retrieved_at.unwrap_or(Timestamp::EPOCH),
            downloaded: current.is_some_and(|current| current.downloaded),
            custom_metadata: &secret.custom_metadata,
            locks_total: secret.locks_total(),
            versions_total: secret.versions.len(),
            state,
            state_description,
            expiration_date: secret.expiration_date(),
            kind,
        }
    }
}

/// A version: IBM's metadata model, or the full model with the data.
#[derive(Serialize)]
pub struct VersionBody<'a> {
    id: &'a str,
    secret_id: &'a str,
    secret_name: &'a str,
    secret_type: &'static str,
    secret_group_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'static str>,
    auto_rotated: bool,
    created_by: &'a str,
    created_at: Timestamp,
    downloaded: bool,
    payload_available: bool,
    version_custom_metadata: &'a Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a Sensitive>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a Sensitive>,
}

impl<'a> VersionBody<'a> {
    /// Without the data.
    pub fn metadata(secret: &'a Secret, position: usize, version: &'a Version) -> Self {
        Self {
            id: &version.id,
            secret_id: &secret.id,
            secret_name: &secret.name,
            secret_type: secret.kind.secret_type(),
            secret_group_id: &secret.secret_group_id,
            alias: secret.alias(position).map(|alias| alias.name()),
            auto_rotated: version.auto_rotated,
            created_by: &version.created_by,
            created_at: version.created_at,
            downloaded: version.downloaded,
            payload_available: version.payload_available(),
            version_custom_metadata: &version.version_custom_metadata,
            expiration_date: secret.expiration_of(version),
            api_key_id: version.api_key_id.as_deref(),
            service_id: version.service_id.as_deref(),
            api_key: None,
            payload: None,
        }
    }

    /// With the data, if there is any.
    pub fn with_data(secret: &'a Secret, position: usize, version: &'a Version) -> Self {
        let mut body = Self::metadata(secret, position, version);
        match secret.kind {
            Kind::IamCredentials(_) => body.api_key = version.payload.as_ref(),
            Kind::Arbitrary { .. } => body.payload = version.payload.as_ref(),
        }
        body
    }
}
