//! The noun `ibm_sm_iam_credentials_configuration`: the engine that makes keys.

mod data_source;
mod fields;
mod list;
mod model;
mod resource;
mod rules;

pub use data_source::EngineConfigurationSource;
pub use list::EngineConfigurationList;
pub use resource::EngineConfiguration;
