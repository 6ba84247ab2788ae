//! The configuration in Terraform's terms, and the pure arrows between it and
//! IBM's.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::client;
use crate::framework::value::{Value, text};
use crate::scope::Scope;
use crate::scope::connection::Instance;

/// Configuration, plan and state of the engine's configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The instance it is in.
    #[serde(flatten)]
    pub scope: Scope,
    /// Unique per kind of configuration.
    pub name: Value<String>,
    /// The engine's key.
    #[serde(flatten)]
    pub payload: Payload,
    /// Whether the key is ignored.
    pub disabled: Value<bool>,
    /// IBM's name of the kind.
    pub config_type: Value<String>,
    /// The kind of secret it serves.
    pub secret_type: Value<String>,
    /// An IAM id.
    pub created_by: Value<String>,
    /// RFC 3339.
    pub created_at: Value<String>,
    /// RFC 3339.
    pub updated_at: Value<String>,
}

/// The part that is secret.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// The key with which the engine works in IAM.
    pub api_key: Value<String>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(redacted)")
    }
}

fn api_key(state: &State) -> SecretString {
    state.payload.api_key.as_deref_option().unwrap_or_default().into()
}

/// What to create.
pub(super) fn prototype(plan: &State) -> client::ConfigurationPrototype {
    client::ConfigurationPrototype {
        name: plan.name.as_deref_option().unwrap_or_default().to_owned(),
        api_key: api_key(plan),
        disabled: plan.disabled == Value::Value(true),
    }
}

/// What to change, if anything.
pub(super) fn patch(prior: &State, plan: &State) -> Option<client::ConfigurationPatch> {
    let patch = client::ConfigurationPatch {
        api_key: (prior.payload != plan.payload).then(|| api_key(plan)),
        disabled: (prior.disabled != plan.disabled).then_some(plan.disabled == Value::Value(true)),
    };
    (patch.api_key.is_some() || patch.disabled.is_some()).then_some(patch)
}

/// The state of a configuration as the service describes it. `known` is the
/// state before: it keeps its key where the service does not say it.
pub(super) fn state(
    known: &State,
    instance: &Instance,
    configuration: client::Configuration,
) -> State {
    let client::Configuration { metadata, api_key } = configuration;
    let api_key = match api_key {
        Some(key) => text(key.expose_secret()),
        None => known.payload.api_key.clone(),
    };
    State {
        scope: known.scope.of(instance, &metadata.name),
        name: text(metadata.name),
        payload: Payload { api_key },
        disabled: Value::Value(metadata.disabled.unwrap_or(false)),
        config_type: text(metadata.config_type.as_str()),
        secret_type: text(metadata.secret_type.as_str()),
        created_by: text(metadata.created_by),
        created_at: text(metadata.created_at.to_string()),
        updated_at: text(metadata.updated_at.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(api_key: &str, disabled: bool) -> State {
        State {
            name: text("engine"),
            payload: Payload { api_key: text(api_key) },
            disabled: Value::Value(disabled),
            ..State::default()
        }
    }

    #[test]
    fn a_patch_names_only_what_changes() {
        let prior = engine("first", false);
        for (plan, key, disabled) in [
            (engine("second", false), Some("second"), None),
            (engine("first", true), None, Some(true)),
        ] {
            let patch = patch(&prior, &plan).unwrap();
            assert_eq!(patch.api_key.as_ref().map(ExposeSecret::expose_secret), key);
            assert_eq!(patch.disabled, disabled);
        }
        assert!(patch(&prior, &prior).is_none());
    }

    #[test]
    fn the_key_is_not_printed() {
        assert!(!format!("{:?}", engine("hush-hush", false)).contains("hush"));
    }
}
