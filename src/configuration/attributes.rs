//! The attributes of the engine's configuration, each declared once.

use crate::framework::schema::{Attribute, boolean, string};
use crate::framework::validators::{length, matching};
use crate::framework::value::ValueAny;
use crate::units::name::{NAME_RULE, is_name};

/// The attributes of `ibm_sm_iam_credentials_configuration` (ibm-api.md 2.8, 5.5).
pub(super) fn attributes() -> Vec<Attribute> {
    vec![
        string("name")
            .required()
            .requires_replace()
            .validator(length(2, 128))
            .validator(matching(NAME_RULE, is_name))
            .description("The configuration's name."),
        string("api_key").sensitive().validator(length(5, 60)).description(
            "The API key that the engine uses in IAM. Its service ID needs Editor on the IAM \
             Access Groups service and Operator on the IAM Identity service. Exactly one of \
             `api_key` and `api_key_wo` is required.",
        ),
        string("api_key_wo").sensitive().write_only().validator(length(5, 60)).description(
            "The same as `api_key`, but write-only: it is in no plan and no state, and may come \
             from an ephemeral value. It requires `api_key_wo_version`.",
        ),
        string("api_key_wo_version")
            .description("Any string or number. When it changes, `api_key_wo` is sent again."),
        boolean("disabled").default(ValueAny::Bool(false)).description(
            "Whether the engine ignores the key, for example while moving to service-to-service \
             authorization.",
        ),
        string("config_type")
            .computed()
            .use_state_for_unknown()
            .description("Always `iam_credentials_configuration`."),
        string("secret_type")
            .computed()
            .use_state_for_unknown()
            .description("Always `iam_credentials`."),
        string("created_by")
            .computed()
            .use_state_for_unknown()
            .description("The IAM id of the creator."),
        string("created_at")
            .computed()
            .use_state_for_unknown()
            .description("When it was created, RFC 3339."),
        string("updated_at").computed().description("When it last changed, RFC 3339."),
    ]
}
