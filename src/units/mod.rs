//! Identifiers, names and durations as IBM writes them; pure, no imports.

pub mod crn;
pub mod duration;
pub mod id;
pub mod name;
pub mod rotation;
pub mod ttl;
