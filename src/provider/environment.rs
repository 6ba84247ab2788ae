//! What lies environment of the configuration, and how a value is looked up in both.

use crate::framework::value::Value;

/// The environment and the files of this machine.
pub struct Environment<'a> {
    /// A variable of the environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The content of a file.
    pub read_file: &'a dyn Fn(&str) -> std::io::Result<String>,
    /// Whether there is a file.
    pub file_exists: &'a dyn Fn(&str) -> bool,
}

/// An argument and the variables that stand in for it, the first one first.
pub(super) type Lookup<'a> = (&'a Value<String>, &'a [&'a str]);

impl Environment<'_> {
    /// The argument if it is known, else the first variable that is set. What is
    /// empty counts as not given.
    pub(super) fn text(&self, argument: &Value<String>, variables: &[&str]) -> Option<String> {
        given(argument).map(str::to_owned).or_else(|| {
            variables
                .iter()
                .filter_map(|name| (self.variable)(name))
                .find(|value| !value.is_empty())
        })
    }

    /// Two arguments that exclude one another. If the block has one of them, the
    /// variables of both are out of the question.
    pub(super) fn one_of_two(
        &self,
        (first, first_variables): Lookup<'_>,
        (second, second_variables): Lookup<'_>,
    ) -> (Option<String>, Option<String>) {
        match (given(first), given(second)) {
            (None, None) => {
                (self.text(first, first_variables), self.text(second, second_variables))
            }
            (first, second) => (first.map(str::to_owned), second.map(str::to_owned)),
        }
    }
}

/// The text of an argument. What is only known after the apply behaves as if left
/// out, and so does what is empty.
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
    fn an_argument_wins_over_its_variables_and_what_is_empty_is_passed_over() {
        for (argument, variables, found) in [
            (known("block"), &["A2"][..], Some("block")),
            (known(""), &["A1", "A2", "B1"], Some("a2")),
            (Value::Null, &["A2"], Some("a2")),
            (Value::Unknown, &["A2"], Some("a2")),
            (Value::Unknown, &["A1", "C1"], None),
        ] {
            assert_eq!(ENVIRONMENT.text(&argument, variables).as_deref(), found, "{argument:?}");
        }
    }

    #[test]
    fn of_two_that_exclude_one_another_the_block_decides() {
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
