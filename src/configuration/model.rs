//! The engine's configuration as Terraform models it, converted to and from IBM's API
//! types; no client, clock or log.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::client;
use crate::framework::value::{Value, known};

/// Configuration, plan and state of the engine's configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// Unique among configurations of the same type.
    pub name: Value<String>,
    /// The engine's key.
    #[serde(flatten)]
    pub payload: Payload,
    /// The version of a write-only key, which stands for the key in the state.
    pub api_key_wo_version: Value<String>,
    /// Whether the key is ignored.
    pub disabled: Value<bool>,
    /// IBM's name for the type of configuration.
    pub config_type: Value<String>,
    /// The type of secret that the engine creates.
    pub secret_type: Value<String>,
    /// An IAM id.
    pub created_by: Value<String>,
    /// RFC 3339.
    pub created_at: Value<String>,
    /// RFC 3339.
    pub updated_at: Value<String>,
}

/// The secret part.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// The key that the engine uses in IAM.
    pub api_key: Value<String>,
    /// The same, write-only: it is only in the configuration.
    pub api_key_wo: Value<String>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(redacted)")
    }
}

impl Configuration {
    /// Whether the key is write-only, and so not in the state.
    pub fn is_write_only(&self) -> bool {
        !self.api_key_wo_version.is_null()
    }

    /// The key that a configuration sets, in either way.
    fn configured_key(&self) -> SecretString {
        let Payload { api_key, api_key_wo } = &self.payload;
        api_key.as_deref_option().or(api_key_wo.as_deref_option()).unwrap_or_default().into()
    }
}

/// The request that creates the configuration.
pub(super) fn prototype(
    plan: &Configuration,
    config: &Configuration,
) -> client::ConfigurationPrototype {
    client::ConfigurationPrototype {
        name: plan.name.as_deref_option().unwrap_or_default().to_owned(),
        api_key: config.configured_key(),
        disabled: plan.disabled == Value::Value(true),
    }
}

/// The request that changes the configuration, if anything changes.
pub(super) fn patch(
    prior: &Configuration,
    plan: &Configuration,
    config: &Configuration,
) -> Option<client::ConfigurationPatch> {
    let patch = client::ConfigurationPatch {
        api_key: sends_key(prior, plan, config).then(|| config.configured_key()),
        disabled: (prior.disabled != plan.disabled).then_some(plan.disabled == Value::Value(true)),
    };
    (patch.api_key.is_some() || patch.disabled.is_some()).then_some(patch)
}

/// Whether to send the key. Moving a key from `api_key` to `api_key_wo` does not
/// change it.
fn sends_key(prior: &Configuration, plan: &Configuration, config: &Configuration) -> bool {
    match &prior.payload.api_key {
        Value::Value(known) => *known != config.configured_key().expose_secret(),
        _ => !plan.is_write_only() || prior.api_key_wo_version != plan.api_key_wo_version,
    }
}

/// The configuration as the service describes it, with the key if it returned one.
/// Otherwise the key is that of `before`; a write-only one is always null.
pub(super) fn configuration(
    before: &Configuration,
    metadata: client::ConfigurationMetadata,
    api_key: Option<&SecretString>,
) -> Configuration {
    let api_key = match api_key {
        _ if before.is_write_only() => Value::Null,
        Some(key) => known(key.expose_secret()),
        None => before.payload.api_key.clone(),
    };
    Configuration {
        name: known(metadata.name),
        payload: Payload { api_key, api_key_wo: Value::Null },
        api_key_wo_version: before.api_key_wo_version.clone(),
        disabled: Value::Value(metadata.disabled.unwrap_or(false)),
        config_type: known(metadata.config_type.as_str()),
        secret_type: known(metadata.secret_type.as_str()),
        created_by: known(metadata.created_by),
        created_at: known(metadata.created_at.to_string()),
        updated_at: known(metadata.updated_at.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(api_key: &str) -> Configuration {
        let payload = Payload { api_key: known(api_key), ..Payload::default() };
        Configuration { payload, disabled: Value::Value(false), ..Configuration::default() }
    }

    /// A configuration with a write-only key, which its state lacks.
    fn write_only(api_key: &str, version: &str) -> Configuration {
        let payload = Payload { api_key_wo: known(api_key), ..Payload::default() };
        Configuration { payload, api_key_wo_version: known(version), ..plain("") }
    }

    fn stored(config: &Configuration) -> Configuration {
        let mut state = config.clone();
        state.payload.api_key_wo = Value::Null;
        state
    }

    #[test]
    fn the_key_is_sent_only_when_it_changes() {
        for (name, prior, config, sent) in [
            ("same key", plain("one"), plain("one"), None),
            ("other key", plain("one"), plain("two"), Some("two")),
            ("moved to write-only", plain("one"), write_only("one", "1"), None),
            ("moved and changed", plain("one"), write_only("two", "1"), Some("two")),
            ("same version", write_only("one", "1"), write_only("two", "1"), None),
            ("other version", write_only("one", "1"), write_only("two", "2"), Some("two")),
            ("moved back", write_only("one", "1"), plain("one"), Some("one")),
        ] {
            let patch = patch(&stored(&prior), &stored(&config), &config);
            let key = patch.and_then(|patch| patch.api_key);
            assert_eq!(key.as_ref().map(ExposeSecret::expose_secret), sent, "{name}");
        }
    }

    #[test]
    fn a_patch_contains_only_changes() {
        let off = Configuration { disabled: Value::Value(true), ..plain("one") };
        let patch = patch(&plain("one"), &off, &off).unwrap();
        assert!(patch.api_key.is_none());
        assert_eq!(patch.disabled, Some(true));
    }

    #[test]
    fn the_keys_are_not_printed() {
        assert!(!format!("{:?}", plain("hush-hush")).contains("hush"));
        assert!(!format!("{:?}", write_only("hush-hush", "1")).contains("hush"));
    }
}
