//! What crosses a boundary: process, socket, file. Everything else is tested
//! beside its code.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test, a panic is how a failure is reported"
)]

mod check;
mod client;
mod contract;
mod protocol;
mod support;
