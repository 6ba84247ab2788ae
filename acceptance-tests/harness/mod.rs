//! Runs the scenarios: Terraform, a workspace, an emulator, and the checks on all
//! three.

pub(crate) mod actions;
pub(crate) mod cli;
pub(crate) mod compare;
pub(crate) mod demo_tests;
pub(crate) mod diagnostics;
pub(crate) mod documents;
pub(crate) mod emulator;
pub(crate) mod expect;
pub(crate) mod failed_runs;
pub(crate) mod forms;
pub(crate) mod guide;
pub(crate) mod leak_tests;
pub(crate) mod leaks;
pub(crate) mod lifecycle;
pub(crate) mod matcher;
pub(crate) mod modules;
pub(crate) mod own_tests;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod requests;
pub(crate) mod secrecy;
pub(crate) mod stand_in;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod terraform;
pub(crate) mod workspace;
pub(crate) mod world;
