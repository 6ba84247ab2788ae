//! Functions of the provider: pure, and called without a configured provider.

use super::schema::Type;
use super::value::ValueAny;

/// A function `provider::<name>::…`.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// One line, for lists of functions.
    pub summary: &'static str,
    /// What it does, for documentation.
    pub description: &'static str,
    /// Its parameters, none of which accepts null or unknown.
    pub parameters: Vec<Parameter>,
    /// The type of its result.
    pub returns: Type,
    /// The function itself. It gets one known value of the declared type for each
    /// parameter.
    pub call: fn(&[ValueAny]) -> Result<ValueAny, Failure>,
}

/// A parameter of a function.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub value_type: Type,
    /// What to pass, for documentation.
    pub description: &'static str,
}

/// Why a function returned no result.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The index of the argument at fault, from 0.
    pub argument: i64,
    /// What is wrong with it.
    pub message: String,
}
