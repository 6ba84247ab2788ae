//! IAM's APIs (ibm-api.md 1.5, 3).

pub mod access_groups;
pub mod account_settings;
pub mod api_keys;
pub mod members;
pub mod policies;
pub mod policy_attributes;
pub mod profiles;
pub mod roles;
pub mod service_id_groups;
pub mod service_ids;
pub mod shared;
pub mod token;
pub mod users;
