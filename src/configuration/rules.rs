//! Rules across attributes; unknown values pass.

use super::model::Configuration;
use crate::framework::diag::{Diagnostics, diagnostic, path};
use crate::framework::value::Value;

/// The errors of a configuration as a whole.
pub(super) fn validate(config: &Configuration) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let (api_key, api_key_wo) = (&config.payload.api_key, &config.payload.api_key_wo);
    let version = &config.api_key_wo_version;
    let mut refuse = |attribute, summary: &'static str, detail: &'static str| {
        diagnostics.add_error(diagnostic(path(attribute), summary, detail));
    };
    match (api_key, api_key_wo) {
        (Value::Value(_), Value::Value(_)) => refuse(
            "api_key_wo",
            "Both api_key and api_key_wo",
            "Set exactly one of them: api_key, which is stored in the state, or api_key_wo, which \
             is not.",
        ),
        (Value::Null, Value::Null) if version.is_null() => refuse(
            "api_key",
            "Neither api_key nor api_key_wo",
            "The engine uses an API key in IAM: set api_key, or api_key_wo and \
             api_key_wo_version to keep it out of the state. A generated configuration cannot \
             contain the key: add it. With service-to-service authorizations instead of a key, \
             omit this resource.",
        ),
        (Value::Null, Value::Null) => refuse(
            "api_key_wo_version",
            "api_key_wo_version without api_key_wo",
            "The version determines when api_key_wo is sent again: set api_key_wo too. It may be \
             null because it comes from an ephemeral variable that is not set in this run.",
        ),
        _ => {}
    }
    if api_key.is_value() && version.is_value() {
        refuse(
            "api_key_wo_version",
            "api_key_wo_version with api_key",
            "The version belongs to api_key_wo. A changed api_key is sent without one.",
        );
    }
    if api_key_wo.is_value() && version.is_null() {
        refuse(
            "api_key_wo",
            "api_key_wo without api_key_wo_version",
            "A write-only value cannot be compared with the previous one: set api_key_wo_version \
             to any string or number, and change it when the key changes.",
        );
    }
    diagnostics
}

#[cfg(test)]
mod tests {
    use super::super::model::Payload;
    use super::*;
    use crate::framework::value::known;

    #[test]
    fn the_key_is_set_in_exactly_one_way() {
        let (none, some, unknown) = (Value::Null, known("value"), Value::Unknown);
        for (api_key, api_key_wo, version, expected) in [
            (&some, &none, &none, vec![]),
            (&none, &some, &some, vec![]),
            (&none, &none, &none, vec!["Neither api_key nor api_key_wo"]),
            (
                &some,
                &some,
                &some,
                vec!["Both api_key and api_key_wo", "api_key_wo_version with api_key"],
            ),
            (&none, &none, &some, vec!["api_key_wo_version without api_key_wo"]),
            (&some, &none, &some, vec!["api_key_wo_version with api_key"]),
            (&none, &some, &none, vec!["api_key_wo without api_key_wo_version"]),
            (&unknown, &none, &none, vec![]),
            (&none, &unknown, &some, vec![]),
            (&none, &some, &unknown, vec![]),
        ] {
            let config = Configuration {
                payload: Payload { api_key: api_key.clone(), api_key_wo: api_key_wo.clone() },
                api_key_wo_version: version.clone(),
                ..Configuration::default()
            };
            let summaries: Vec<_> =
                validate(&config).errors.into_iter().map(|error| error.summary).collect();
            assert_eq!(summaries, expected);
        }
    }
}
