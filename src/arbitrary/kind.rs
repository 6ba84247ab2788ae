//! Arbitrary secrets as a secret type: where they differ from other secrets.

use secrecy::{ExposeSecret, SecretString};

use super::attributes::attributes;
use super::model::{Arbitrary, NoMore, Payload, Secret, Settings, stores_payload};
use super::rules;
use crate::client::{
    self, ApiError, ApiErrorKind, ArbitraryPatch, ArbitraryPayload, ArbitraryPrototype,
    ArbitraryVersionPrototype,
};
use crate::framework::diag::{AttributePath, Diagnostic, Diagnostics, diagnostic, path};
use crate::framework::schema::Attribute;
use crate::framework::value::Value;
use crate::instance::{Advice, Instance};
use crate::secret::{PayloadInState, SecretKind};

/// How many versions of a secret the service remembers (ibm-api.md 2.2).
const VERSIONS_KEPT: i64 = 50;

impl SecretKind for Arbitrary {
    type Api = client::Arbitrary;
    type Own = NoMore;
    type Payload = Payload;
    type Settings = Settings;

    const TYPE_NAME: &'static str = "ibm_sm_arbitrary_secret";
    const METADATA_TYPE_NAME: &'static str = "ibm_sm_arbitrary_secret_metadata";
    const NAME: &'static str = "arbitrary secret";
    const OBJECTS: &'static str = "the arbitrary secrets";
    const NEW_VALUE: &'static [&'static str] = &["payload", "payload_wo_version", "store_payload"];
    const VALUE_IS_CONFIGURED: bool = true;
    const DESCRIPTION: &'static str = "An arbitrary secret of a Secrets Manager instance: any text, \
                                       such as a password or the API key of another service.";
    const DATA_SOURCE: &'static str = "An arbitrary secret of a Secrets Manager instance with its \
                                       payload, by its id or by its name.";
    const METADATA_DATA_SOURCE: &'static str = "An arbitrary secret of a Secrets Manager instance, \
                                                by its id, without its payload.";
    const LIST: &'static str = "The arbitrary secrets of an instance.";

    fn attributes() -> Vec<Attribute> {
        attributes()
    }

    fn found_description(name: &str) -> Option<&'static str> {
        match name {
            "payload" => Some("The secret itself."),
            "expiration_date" => Some("When the secret expires, RFC 3339."),
            _ => None,
        }
    }

    fn validate(config: &Secret) -> Diagnostics {
        rules::validate(config)
    }

    fn modify_plan(prior: Option<&Secret>, config: &Secret, plan: &mut Secret) -> Diagnostics {
        let left_out = config.payload.payload.is_null();
        if left_out && !plan.settings.store_payload.is_unknown() && !stores_payload(plan) {
            plan.payload = Payload::default();
        }
        match prior {
            None => rules::needs_a_payload(config),
            Some(_) => Diagnostics::default(),
        }
    }

    fn prototype(plan: &Secret, config: &Secret) -> Result<ArbitraryPrototype, Diagnostics> {
        Ok(ArbitraryPrototype {
            payload: given_payload(config).ok_or_else(|| rules::needs_a_payload(config))?,
            expiration_date: plan.common.expiration_date.as_deref_option().map(str::to_owned),
        })
    }

    fn patch(prior: &Secret, plan: &Secret) -> Result<ArbitraryPatch, Diagnostics> {
        let (before, after) = (&prior.common.expiration_date, &plan.common.expiration_date);
        let changed = (before != after).then(|| after.as_deref_option().map(str::to_owned));
        Ok(ArbitraryPatch { expiration_date: changed })
    }

    fn own(_: client::NothingMore) -> NoMore {
        NoMore {}
    }

    fn payload(payload: &ArbitraryPayload) -> Payload {
        let payload = payload.payload.as_ref();
        Payload { payload: payload.map(|text| text.expose_secret().to_owned()).into() }
    }

    fn payload_in_state(_: &Instance, prior: Option<&Secret>, now: &Secret) -> PayloadInState {
        if !stores_payload(now) || now.common.is_destroyed() {
            PayloadInState::Absent
        } else if now.payload.payload.is_value() && prior.is_none_or(|prior| is_current(prior, now))
        {
            PayloadInState::Kept
        } else {
            PayloadInState::ToBeRead
        }
    }

    /// A version of the write-only payload is taken over once it is sent; that there is none any
    /// more, at once.
    fn adopt_settings(state: &mut Secret, plan: &Secret) {
        state.settings.store_payload = plan.settings.store_payload;
        if plan.settings.payload_wo_version.is_null() {
            state.settings.payload_wo_version = Value::Null;
        }
        if !stores_payload(state) {
            state.payload = Payload::default();
        }
    }

    /// A payload is sent when it changes. A write-only one is sent when its version changes, or when
    /// it replaces a different one in the state.
    fn new_version(
        prior: &Secret,
        plan: &Secret,
        config: &Secret,
    ) -> Result<Option<ArbitraryVersionPrototype>, Diagnostics> {
        let Some(payload) = given_payload(config) else { return Ok(None) };
        let changed = match &prior.payload.payload {
            Value::Value(stored) => stored != payload.expose_secret(),
            _ => {
                stores_payload(plan)
                    || prior.settings.payload_wo_version != plan.settings.payload_wo_version
            }
        };
        Ok(changed.then_some(ArbitraryVersionPrototype { payload }))
    }

    /// The number of versions. Once there are as many as the service remembers, it stays the same.
    fn version_mark(metadata: &client::SecretMetadata<client::Arbitrary>) -> Option<String> {
        metadata.common.versions_total.map(|total| total.to_string())
    }

    fn version_made(state: &mut Secret, plan: &Secret, _: Option<&ArbitraryPayload>) {
        state.settings = plan.settings.clone();
        state.payload = plan.payload.clone();
    }

    fn warnings(state: &Secret) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        let is_missing = stores_payload(state) && !state.payload.payload.is_value();
        if is_missing || state.common.is_destroyed() {
            // Not on `payload`: Terraform prints the line, and the payload may be in it.
            diagnostics.add_warning(no_payload(
                AttributePath::root(),
                &state.describe(),
                state.common.state_in_words(),
            ));
        }
        diagnostics
    }

    fn value_warning(
        payload: &Payload,
        state: &str,
        attribute: &'static str,
        object: &str,
    ) -> Option<Diagnostic> {
        (!payload.payload.is_value()).then(|| no_payload(path(attribute), object, state))
    }

    fn create_advice(reason: &ApiError) -> Option<Advice> {
        match reason.kind() {
            ApiErrorKind::Conflict => Some(Advice::on(
                "name",
                "The name must be unique among the arbitrary secrets of the whole instance, across \
                 its secret groups. Choose another name, or import the existing secret with \
                 `terraform import`.",
            )),
            ApiErrorKind::NotFound => Some(Advice::new(
                "Check that the instance exists in this region (instance_id is the GUID of the \
                 service instance), and that secret_group_id is a group in it.",
            )),
            _ => None,
        }
    }

    fn update_advice(reason: &ApiError, prior: &Secret, _: &Secret) -> Option<Advice> {
        let refused = reason.kind() == ApiErrorKind::Invalid && prior.common.is_destroyed();
        refused.then(|| {
            Advice::new(
                "The secret has expired and takes no payload any more. `terraform apply \
                 -replace=ADDRESS` makes a new one.",
            )
        })
    }
}

/// The diagnostic for a secret without a payload.
pub(super) fn no_payload(path: AttributePath, object: &str, state: &str) -> Diagnostic {
    diagnostic(
        path,
        format!("No payload in {object}"),
        format!(
            "The service holds no payload for it (state: {state}): it may have expired. \
             `terraform apply -replace=ADDRESS` makes a new secret in the place of a managed one."
        ),
    )
}

/// The payload that a configuration sets, in either way.
fn given_payload(config: &Secret) -> Option<SecretString> {
    let plain = config.payload.payload.as_deref_option();
    plain.or(config.settings.payload_wo.as_deref_option()).map(SecretString::from)
}

/// Whether the payload in the prior state is still the current one. The metadata names no version,
/// but counts them. Once there are as many as the service remembers, the time of the last change
/// has to tell, which a read by anybody moves too.
fn is_current(prior: &Secret, now: &Secret) -> bool {
    let (before, after) = (&prior.common, &now.common);
    let counts = matches!(after.versions_total, Value::Value(total) if total < VERSIONS_KEPT);
    before.versions_total == after.versions_total
        && (counts || before.updated_at == after.updated_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::known;
    use crate::instance::testing::assert_resource_has_what_it_declares;
    use crate::secret::SecretResource;

    fn plain(payload: &str) -> Secret {
        Secret { payload: Payload { payload: known(payload) }, ..Secret::default() }
    }

    /// A configuration with a write-only payload, which its state lacks.
    fn write_only(payload: &str, version: &str) -> Secret {
        let settings = Settings {
            payload_wo: known(payload),
            payload_wo_version: known(version),
            store_payload: Value::Null,
        };
        Secret { settings, ..Secret::default() }
    }

    fn stored(config: &Secret) -> Secret {
        let mut state = config.clone();
        state.settings.payload_wo = Value::Null;
        state
    }

    #[test]
    fn the_payload_is_sent_only_when_it_changes() {
        for (name, prior, config, sent) in [
            ("same payload", plain("one"), plain("one"), None),
            ("other payload", plain("one"), plain("two"), Some("two")),
            ("moved to write-only", plain("one"), write_only("one", "1"), None),
            ("moved and changed", plain("one"), write_only("two", "1"), Some("two")),
            ("same version", write_only("one", "1"), write_only("two", "1"), None),
            ("other version", write_only("one", "1"), write_only("two", "2"), Some("two")),
            ("moved back", write_only("one", "1"), plain("one"), Some("one")),
            ("not managed", plain("one"), Secret::default(), None),
        ] {
            let version = Arbitrary::new_version(&stored(&prior), &stored(&config), &config);
            let version = version.unwrap().map(|version| version.payload);
            assert_eq!(version.as_ref().map(ExposeSecret::expose_secret), sent, "{name}");
        }
    }

    #[test]
    fn a_payload_is_current_until_somebody_makes_a_version() {
        let seen = |versions: i64, updated_at: &str| {
            let mut secret = plain("one");
            secret.common.versions_total = Value::Value(versions);
            secret.common.updated_at = known(updated_at);
            secret
        };
        for (prior, now, expected) in [
            (seen(1, "08:00"), seen(1, "08:00"), true),
            (seen(1, "08:00"), seen(1, "09:00"), true),
            (seen(1, "08:00"), seen(2, "08:00"), false),
            (seen(49, "08:00"), seen(50, "08:00"), false),
            (seen(50, "08:00"), seen(50, "08:00"), true),
            (seen(50, "08:00"), seen(50, "09:00"), false),
        ] {
            assert_eq!(is_current(&prior, &now), expected, "{:?} {:?}", prior.common, now.common);
        }
    }

    #[test]
    fn payloads_are_not_printed() {
        assert!(!format!("{:?}", plain("hush-hush")).contains("hush"));
        assert!(!format!("{:?}", write_only("hush-hush", "1")).contains("hush"));
    }

    #[test]
    fn the_model_has_exactly_the_declared_attributes() {
        assert_resource_has_what_it_declares::<SecretResource<Arbitrary>>();
    }
}
