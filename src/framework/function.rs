//! Functions of the provider: pure, and called without a configuration.

use super::schema::Type;
use super::value::ValueAny;

/// A function `provider::<name>::…`.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// What it does, for documentation.
    pub description: &'static str,
    /// Its parameters. None of them takes null or unknown.
    pub parameters: Vec<Parameter>,
    /// The type of its result.
    pub returns: Type,
    /// The function itself. It gets one known value of its type for each
    /// parameter.
    pub call: fn(&[ValueAny]) -> Result<ValueAny, Failure>,
}

/// A parameter of a function.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub value_type: Type,
    /// What to give.
    pub description: &'static str,
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The argument that is at fault, from 0.
    pub argument: i64,
    /// What is wrong with it.
    pub message: String,
}
