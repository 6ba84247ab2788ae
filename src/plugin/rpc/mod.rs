//! The provider service: its calls, and for each family of them how a message
//! becomes a call of the framework.

mod action;
mod calls;
mod data_source;
mod ephemeral;
mod function;
mod list;
mod opened;
mod provider;
mod resource;
mod service;

pub(super) use service::Rpc;
