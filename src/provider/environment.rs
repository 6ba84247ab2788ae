//! Looks values up in the configuration, and then in the environment.

use crate::framework::value::Value;

/// The environment variables and files of this machine.
pub struct Environment<'a> {
    /// Reads an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a file.
    pub read_file: &'a dyn Fn(&str) -> std::io::Result<String>,
    /// Whether a file exists.
    pub file_exists: &'a dyn Fn(&str) -> bool,
}

/// An argument and its environment variables, in order of precedence.
pub(super) type Lookup<'a> = (&'a Value<String>, &'a [&'a str]);

impl Environment<'_> {
    /// The argument if it is known, or else the first variable that is set. An empty
    /// value counts as not set.
    pub(super) fn lookup(&self, argument: &Value<String>, variables: &[&str]) -> Option<String> {
        given(argument).map(str::to_owned).or_else(|| {
            variables
                .iter()
                .filter_map(|name| (self.variable)(name))
                .find(|value| !value.is_empty())
        })
    }

    /// Two arguments that exclude one another. If the block sets one of them, the
    /// variables of both are ignored.
    pub(super) fn one_of_two(
        &self,
        (first, first_variables): Lookup<'_>,
        (second, second_variables): Lookup<'_>,
    ) -> (Option<String>, Option<String>) {
        match (given(first), given(second)) {
            (None, None) => {
                (self.lookup(first, first_variables), self.lookup(second, second_variables))
            }
            (first, second) => (first.map(str::to_owned), second.map(str::to_owned)),
        }
    }
}

/// The value of an argument. A value that is unknown until the apply, or empty, counts
/// as not set.
pub(super) fn given(argument: &Value<String>) -> Option<&str> {
    argument.as_deref_option().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::known;

    const ENVIRONMENT: Environment<'_> = Environment {
        variable: &|name| match name {
            "A1" => Some(String::new()),
            "A2" => Some("a2".to_owned()),
            "B1" => Some("b1".to_owned()),
            _ => None,
        },
        read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
        file_exists: &|_| false,
    };

    #[test]
    fn an_argument_takes_precedence_over_its_variables_and_empty_values_are_skipped() {
        for (argument, variables, found) in [
            (known("block"), &["A2"][..], Some("block")),
            (known(""), &["A1", "A2", "B1"], Some("a2")),
            (Value::Null, &["A2"], Some("a2")),
            (Value::Unknown, &["A2"], Some("a2")),
            (Value::Unknown, &["A1", "C1"], None),
        ] {
            assert_eq!(ENVIRONMENT.lookup(&argument, variables).as_deref(), found, "{argument:?}");
        }
    }

    #[test]
    fn the_block_decides_between_two_that_exclude_one_another() {
        let (a, b): (&[&str], &[&str]) = (&["A2"], &["B1"]);
        for (first, second, found) in [
            (known("x"), Value::Null, (Some("x"), None)),
            (Value::Null, known("y"), (None, Some("y"))),
            (known("x"), known("y"), (Some("x"), Some("y"))),
            (Value::Null, Value::Unknown, (Some("a2"), Some("b1"))),
        ] {
            let (one, two) = ENVIRONMENT.one_of_two((&first, a), (&second, b));
            assert_eq!((one.as_deref(), two.as_deref()), found);
        }
    }
}
