//! The client as its callers see it: what a server receives, and what comes back.

mod cancellation;
mod credentials;
mod errors;
mod hostile;
mod objects;
mod repetition;
mod requests;
mod scripted;
mod shared_lists;
mod together;
mod tokens;
