//! Arbitrary secrets: any text, such as a password.

mod attributes;
mod ephemeral;
mod kind;
mod model;
mod rules;

pub use ephemeral::ArbitraryEphemeral;
pub use model::Arbitrary;
