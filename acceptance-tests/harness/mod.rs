//! What a scenario needs to live: terraform, a workspace, an emulator, and the
//! reading of what they say.

pub(crate) mod emulator;
pub(crate) mod expect;
pub(crate) mod life;
pub(crate) mod matcher;
pub(crate) mod outside;
pub(crate) mod plan;
pub(crate) mod said;
pub(crate) mod same;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod terraform;
pub(crate) mod traffic;
pub(crate) mod workspace;
