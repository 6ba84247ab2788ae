//! Each attribute of the engine's configuration, said once.

use crate::framework::check::{length, text as text_check};
use crate::framework::field::{FieldSet, flag, text};
use crate::framework::value::ValueAny;
use crate::scope::{self, NAME_RULE, is_name, timeouts};

/// The declaration of `ibm_sm_iam_credentials_configuration` (ibm-api.md 2.8,
/// 5.5).
pub(super) fn fields() -> FieldSet {
    let mut fields = scope::fields();
    fields.extend([
        text("name")
            .required()
            .requires_replace()
            .check(length(2, 128))
            .check(text_check(NAME_RULE, is_name))
            .about("The configuration's name; 2 to 128 characters."),
        text("api_key").sensitive().check(length(5, 60)).about(
            "The API key with which the engine works in IAM. Its service ID needs Editor on the \
             IAM Access Groups service and Operator on the IAM Identity service. Exactly one of \
             `api_key` and `api_key_wo` is needed.",
        ),
        text("api_key_wo").sensitive().write_only().check(length(5, 60)).about(
            "The same as `api_key`, but write-only: it is in no plan and no state, and may come \
             from an ephemeral value. It needs `api_key_wo_version`.",
        ),
        text("api_key_wo_version")
            .about("Any string or number. When it changes, `api_key_wo` is sent again."),
        flag("disabled").default(ValueAny::Bool(false)).about(
            "Whether the engine ignores the key, as when moving to service-to-service \
             authorization.",
        ),
        text("config_type").computed().keeps().about("Always `iam_credentials_configuration`."),
        text("secret_type").computed().keeps().about("Always `iam_credentials`."),
        text("created_by").computed().keeps().about("The IAM id of the creator."),
        text("created_at").computed().keeps().about("When it was made, RFC 3339."),
        text("updated_at").computed().about("When it last changed, RFC 3339."),
        timeouts::field(),
    ]);
    FieldSet::new(
        "The configuration of the IAM credentials engine of a Secrets Manager instance. There is \
         at most one in an instance. Secrets need a `depends_on` on it: no attribute links them.",
        fields,
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::model::State;
    use super::*;
    use crate::framework::codec::to_object;

    #[test]
    fn the_model_has_exactly_the_declared_attributes() {
        let model: BTreeSet<String> = to_object(&State::default()).unwrap().into_keys().collect();
        let declared: BTreeSet<String> =
            fields().iter().map(|field| field.name.to_owned()).collect();
        assert_eq!(model, declared);
    }
}
