//! The noun `ibm_sm_iam_credentials_configuration`: the engine that makes keys.

mod fields;
mod model;
mod resource;

pub use resource::EngineConfiguration;
