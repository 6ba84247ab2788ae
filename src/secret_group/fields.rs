//! Each attribute of a secret group, said once.

use crate::framework::check::{length, text as text_check};
use crate::framework::field::{FieldSet, text};
use crate::scope::{self, NAME_RULE, both_blank, is_name, timeouts};

/// The declaration of `ibm_sm_secret_group` (ibm-api.md 2.7, 5.6).
pub(super) fn fields() -> FieldSet {
    let mut fields = scope::fields();
    fields.extend([
        text("name")
            .required()
            .check(length(2, 64))
            .check(text_check(NAME_RULE, is_name))
            .about("The group's name, unique in the instance; 2 to 64 characters."),
        text("description")
            .check(length(0, 1024))
            .same_when(both_blank)
            .about("What the group is for; up to 1024 characters."),
        text("secret_group_id").computed().keeps().about("The id that secrets refer to."),
        text("created_at").computed().keeps().about("When the group was made, RFC 3339."),
        text("updated_at").computed().about("When the group last changed, RFC 3339."),
        timeouts::field(),
    ]);
    FieldSet::new(
        "A secret group of a Secrets Manager instance: access to the secrets in it can be given \
         as a whole.",
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
