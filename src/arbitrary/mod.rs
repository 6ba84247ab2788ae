//! Arbitrary secrets: any text that somebody wants kept.

mod attributes;
mod ephemeral;
mod kind;
mod model;
mod rules;

pub use ephemeral::ArbitraryEphemeral;
pub use model::Arbitrary;
