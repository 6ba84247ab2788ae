//! The attributes of arbitrary secrets, each declared once.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::framework::schema::{Attribute, boolean, string};
use crate::framework::validators::{length, matching};
use crate::framework::value::{ValueAny, both_blank};

/// The most characters of a payload, as IBM documents it; it may be empty.
const PAYLOAD_CHARS: usize = 1_000_000;

/// The attributes of `ibm_sm_arbitrary_secret` beside the common ones.
pub(super) fn attributes() -> Vec<Attribute> {
    vec![
        string("payload")
            .optional_computed()
            .sensitive()
            .use_state_for_unknown_unless(&["payload_wo_version", "store_payload"])
            .validator(length(0, PAYLOAD_CHARS))
            .description(
                "The secret itself. A change makes a new version. A new \
                 secret needs exactly one of `payload` and `payload_wo`; without either, the \
                 payload of an existing one is left to somebody else.",
            ),
        string("payload_wo").sensitive().write_only().validator(length(0, PAYLOAD_CHARS)).description(
            "The same as `payload`, but write-only: it is in no plan and no state, and may come \
             from an ephemeral value. It requires `payload_wo_version`.",
        ),
        string("payload_wo_version")
            .description("Any string or number. When it changes, `payload_wo` is sent again."),
        boolean("store_payload").description(
            "Whether the state contains the payload. Default: true, unless it is set as \
             `payload_wo`. With `false` no plan, apply or refresh reads it; use the ephemeral \
             resource `ibm_sm_arbitrary_secret` where it is needed.",
        ),
        string("expiration_date")
            .optional_computed()
            .use_state_for_unknown()
            .reset_when_removed(ValueAny::Null)
            .semantic_equality(same_time)
            .validator(matching("be a time as in RFC 3339, such as 2030-12-31T23:59:59Z", |text| {
                parse_time(text).is_some()
            }))
            .description("When the secret expires; without it, never."),
    ]
}

fn parse_time(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// Whether two values are the same time to the second, or both null or empty.
fn same_time(left: &ValueAny, right: &ValueAny) -> bool {
    let seconds = |value: &ValueAny| match value {
        ValueAny::String(text) => parse_time(text).map(OffsetDateTime::unix_timestamp),
        _ => None,
    };
    both_blank(left, right) || seconds(left).is_some_and(|left| seconds(right) == Some(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_forms_of_one_time_are_semantically_equal() {
        let string = |text: &str| ValueAny::String(text.to_owned());
        let time = string("2030-12-31T23:59:59Z");
        assert!(same_time(&time, &string("2030-12-31T23:59:59.000Z")));
        assert!(same_time(&time, &string("2031-01-01T00:59:59+01:00")));
        assert!(same_time(&ValueAny::Null, &string("")));
        assert!(!same_time(&time, &string("2030-12-31T23:59:58Z")));
        assert!(!same_time(&time, &ValueAny::Null));
        assert!(!same_time(&ValueAny::Unknown, &ValueAny::Unknown));
    }
}
