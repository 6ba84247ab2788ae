//! Rules across attributes; unknown values pass.

use super::model::{Secret, Settings};
use crate::framework::diag::{Diagnostics, diagnostic, error, path};
use crate::framework::value::Value;

/// The errors of a configuration as a whole.
pub(super) fn validate(config: &Secret) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let Settings { payload_wo, payload_wo_version, store_payload } = &config.settings;
    let given = config.payload.payload.is_value();
    let rules = [
        (
            given && payload_wo.is_value(),
            "payload_wo",
            "Both payload and payload_wo",
            "Set at most one of them: payload, which is stored in the state, or payload_wo, which \
             is not.",
        ),
        (
            payload_wo.is_value() && payload_wo_version.is_null(),
            "payload_wo",
            "payload_wo without payload_wo_version",
            "A write-only value cannot be compared with the previous one: set payload_wo_version \
             to any string or number, and change it when the payload changes.",
        ),
        (
            payload_wo.is_null() && payload_wo_version.is_value(),
            "payload_wo_version",
            "payload_wo_version without payload_wo",
            "The version determines when payload_wo is sent again: set payload_wo too. It may be \
             null because it comes from an ephemeral variable that is not set in this run.",
        ),
        (
            given && *store_payload == Value::Value(false),
            "store_payload",
            "store_payload = false with payload",
            "Terraform stores configured values in the state. Set payload_wo and \
             payload_wo_version instead of payload.",
        ),
        (
            payload_wo.is_value() && *store_payload == Value::Value(true),
            "store_payload",
            "store_payload = true with payload_wo",
            "A write-only payload is not stored. Omit store_payload, or set payload instead of \
             payload_wo.",
        ),
    ];
    for (broken, attribute, summary, detail) in rules {
        if broken {
            diagnostics.add_error(diagnostic(path(attribute), summary, detail));
        }
    }
    diagnostics
}

/// An error for a configuration that would create a secret without a payload.
pub(super) fn needs_a_payload(config: &Secret) -> Diagnostics {
    if config.payload.payload.is_null() && config.settings.payload_wo.is_null() {
        return error(
            path("payload"),
            "Neither payload nor payload_wo",
            "A new secret needs a payload: set payload, or payload_wo and payload_wo_version to \
             keep it out of the state.",
        );
    }
    Diagnostics::default()
}

#[cfg(test)]
mod tests {
    use super::super::model::Payload;
    use super::*;
    use crate::framework::value::known;

    #[test]
    fn the_payload_is_set_in_at_most_one_way() {
        let (none, some, unknown) = (Value::Null, known("x"), Value::Unknown);
        let (unset, yes, no) = (Value::Null, Value::Value(true), Value::Value(false));
        for (payload, write_only, version, store, expected) in [
            (&some, &none, &none, unset, vec![]),
            (&some, &none, &none, yes, vec![]),
            (&none, &some, &some, unset, vec![]),
            (&none, &some, &some, no, vec![]),
            (&none, &none, &none, no, vec![]),
            (&none, &none, &none, unset, vec![]),
            (&unknown, &none, &none, unset, vec![]),
            (&none, &unknown, &some, unset, vec![]),
            (&some, &some, &some, unset, vec!["Both payload and payload_wo"]),
            (&none, &some, &none, unset, vec!["payload_wo without payload_wo_version"]),
            (&none, &none, &some, unset, vec!["payload_wo_version without payload_wo"]),
            (&some, &none, &none, no, vec!["store_payload = false with payload"]),
            (&none, &some, &some, yes, vec!["store_payload = true with payload_wo"]),
        ] {
            let config = Secret {
                payload: Payload { payload: payload.clone() },
                settings: Settings {
                    payload_wo: write_only.clone(),
                    payload_wo_version: version.clone(),
                    store_payload: store,
                },
                ..Secret::default()
            };
            let summaries: Vec<_> =
                validate(&config).errors.into_iter().map(|error| error.summary).collect();
            assert_eq!(summaries, expected);
        }
    }

    #[test]
    fn a_new_secret_needs_a_payload() {
        let mut config = Secret::default();
        assert_eq!(needs_a_payload(&config).errors.len(), 1);
        config.settings.payload_wo = Value::Unknown;
        assert_eq!(needs_a_payload(&config), Diagnostics::default());
    }
}
