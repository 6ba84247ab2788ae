//! The `timeouts` block: how long an operation may take, waits and repetitions
//! included.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration::{self, DURATION_RULE};
use super::failure::Action;
use crate::framework::diag::{Diagnostics, error, path};
use crate::framework::field::{Field, block};
use crate::framework::value::Value;

/// The block, as written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeouts {
    /// For a create.
    pub create: Value<String>,
    /// For a refresh.
    pub read: Value<String>,
    /// For an update.
    pub update: Value<String>,
    /// For a delete.
    pub delete: Value<String>,
}

/// The declaration of the block.
pub fn field() -> Field {
    block("timeouts", &["create", "read", "update", "delete"]).about(
        "How long an operation may take, such as `5m`. By default a request is repeated for up to \
         two minutes.",
    )
}

/// Errors of a block that may hold unknown values.
pub fn validate(timeouts: &Value<Timeouts>) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let Value::Value(Timeouts { create, read, update, delete }) = timeouts else {
        return diagnostics;
    };
    for (name, value) in
        [("create", create), ("read", read), ("update", update), ("delete", delete)]
    {
        if let Value::Value(text) = value
            && duration::parse(text).is_none_or(|limit| limit.is_zero())
        {
            diagnostics.add_diagnostics(error(
                path("timeouts").attribute(name),
                "Invalid value for timeouts",
                format!("The value must {DURATION_RULE}, and longer than nothing. It is {text:?}."),
            ));
        }
    }
    diagnostics
}

/// The limit for an action, if the user sets one.
pub fn limit(timeouts: &Value<Timeouts>, action: Action) -> Option<Duration> {
    let timeouts = timeouts.as_ref_option()?;
    let text = match action {
        Action::Create => &timeouts.create,
        Action::Read => &timeouts.read,
        Action::Update => &timeouts.update,
        Action::Delete => &timeouts.delete,
    };
    duration::parse(text.as_deref_option()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::text;

    #[test]
    fn a_limit_is_for_its_own_action() {
        let block = Value::Value(Timeouts { create: text("5m"), ..Timeouts::default() });
        assert_eq!(limit(&block, Action::Create), Some(Duration::from_secs(300)));
        assert_eq!(limit(&block, Action::Delete), None);
        assert_eq!(limit(&Value::Null, Action::Create), None);
        assert_eq!(validate(&block), Diagnostics::default());
    }

    #[test]
    fn a_malformed_limit_is_refused_on_its_path_and_an_unknown_one_passes() {
        let block = Value::Value(Timeouts {
            create: Value::Unknown,
            read: text("0"),
            update: text("soon"),
            delete: Value::Null,
        });
        let paths: Vec<String> =
            validate(&block).errors.iter().map(|error| error.attribute.to_string()).collect();
        assert_eq!(paths, ["timeouts.read", "timeouts.update"]);
        assert_eq!(validate(&Value::Unknown), Diagnostics::default());
    }
}
