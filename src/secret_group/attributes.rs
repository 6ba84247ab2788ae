//! The attributes of a secret group, each declared once.

use crate::framework::schema::{Attribute, string};
use crate::framework::validators::{length, matching};
use crate::units::name::{NAME_RULE, is_name};

/// The attributes of `ibm_sm_secret_group` (ibm-api.md 2.7, 5.6).
pub(super) fn attributes() -> Vec<Attribute> {
    vec![
        string("name")
            .required()
            .validator(length(2, 64))
            .validator(matching(NAME_RULE, is_name))
            .description("The group's name, unique in the instance."),
        string("description")
            .validator(length(0, 1024))
            .blank_is_absent()
            .description("What the group is for."),
        string("secret_group_id")
            .computed()
            .use_state_for_unknown()
            .description("The id by which secrets refer to the group."),
        string("created_at")
            .computed()
            .use_state_for_unknown()
            .description("When the group was created, RFC 3339."),
        string("updated_at").computed().description("When the group last changed, RFC 3339."),
    ]
}
