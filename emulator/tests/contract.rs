//! Behaviour from IBM's documentation, tested with raw HTTP: one test per rule, with its section of
//! ibm-api.md; for errors the status, the code and the important words.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, reason = "the helpers are for the modules of this binary")]

#[path = "support/lab.rs"]
#[allow(dead_code, reason = "shared with the durability tests")]
mod lab;

mod contract {
    mod access_groups;
    mod accounts;
    mod addresses;
    mod api_keys;
    mod arbitrary;
    mod configurations;
    mod console;
    mod control;
    mod credentials;
    mod due;
    mod environments;
    mod grants;
    mod groups;
    mod guard;
    mod leases;
    mod lists;
    mod locks;
    mod official_identities;
    mod official_policies;
    mod page;
    mod policies;
    mod rotation;
    mod samples;
    mod secrets;
    mod service_id_groups;
    mod service_ids;
    mod switches;
    mod tokens;
    mod wire;
}
