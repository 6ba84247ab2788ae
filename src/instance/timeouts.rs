//! The `timeouts` block: how long an operation may take, including waits and retries.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failure::Crud;
use crate::client::RetryPolicy;
use crate::framework::diag::{Diagnostics, error, path};
use crate::framework::schema::{Attribute, block};
use crate::framework::value::Value;
use crate::units::duration::{DURATION_RULE, Span};
use crate::units::written::Written;

/// The block, as written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeouts {
    /// For a create.
    pub create: Value<Written<Span>>,
    /// For a refresh.
    pub read: Value<Written<Span>>,
    /// For an update.
    pub update: Value<Written<Span>>,
    /// For a delete.
    pub delete: Value<Written<Span>>,
}

/// The schema of the block.
pub(super) fn attribute() -> Attribute {
    block(
        "timeouts",
        &[
            ("create", "The limit of a create."),
            ("read", "The limit of a refresh, and of the read of an import."),
            ("update", "The limit of an update."),
            ("delete", "The limit of a delete."),
        ],
    )
    .description(format!(
        "How long an operation may take, with its waits and retries. Each limit is a duration: \
         seconds, or a number with one of the units `s`, `m`, `h` or `d`, such as `5m`. Default: no \
         limit of the operation; each request in it is retried for up to {} seconds.",
        RetryPolicy::TOTAL.as_secs()
    ))
}

/// The errors of a block that may contain unknown values.
pub(super) fn validate(timeouts: &Value<Timeouts>) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let Value::Value(Timeouts { create, read, update, delete }) = timeouts else {
        return diagnostics;
    };
    for (name, value) in
        [("create", create), ("read", read), ("update", update), ("delete", delete)]
    {
        if let Value::Value(limit) = value
            && limit.meaning().is_none_or(|span| span.seconds() == 0)
        {
            diagnostics.add_diagnostics(error(
                path("timeouts").attribute(name),
                "Invalid value for timeouts",
                format!(
                    "The value must {DURATION_RULE}, and be longer than zero. It is {:?}.",
                    limit.as_str()
                ),
            ));
        }
    }
    diagnostics
}

/// The limit of an operation, if the user sets one.
pub(super) fn limit(timeouts: &Value<Timeouts>, crud: Crud) -> Option<Duration> {
    let timeouts = timeouts.as_ref_option()?;
    let limit = match crud {
        Crud::Create => &timeouts.create,
        Crud::Read => &timeouts.read,
        Crud::Update => &timeouts.update,
        Crud::Delete => &timeouts.delete,
    };
    Some(limit.as_ref_option()?.meaning()?.as_duration())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Value<Written<Span>> {
        Value::Value(Written::new(text))
    }

    #[test]
    fn a_limit_applies_to_its_own_operation() {
        let block = Value::Value(Timeouts { create: written("5m"), ..Timeouts::default() });
        assert_eq!(limit(&block, Crud::Create), Some(Duration::from_secs(300)));
        assert_eq!(limit(&block, Crud::Delete), None);
        assert_eq!(limit(&Value::Null, Crud::Create), None);
        assert_eq!(validate(&block), Diagnostics::default());
    }

    #[test]
    fn a_malformed_limit_is_an_error_on_its_path_and_an_unknown_one_passes() {
        let block = Value::Value(Timeouts {
            create: Value::Unknown,
            read: written("0"),
            update: written("soon"),
            delete: Value::Null,
        });
        let paths: Vec<String> =
            validate(&block).errors.iter().map(|error| error.attribute.to_string()).collect();
        assert_eq!(paths, ["timeouts.read", "timeouts.update"]);
        assert_eq!(validate(&Value::Unknown), Diagnostics::default());
    }
}
