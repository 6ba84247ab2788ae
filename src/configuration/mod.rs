//! The configuration of the IAM credentials engine: the API key that it uses in IAM.

mod attributes;
mod data_source;
mod list;
mod model;
mod resource;
mod rules;

pub use data_source::ConfigurationDataSource;
pub use list::ConfigurationList;
pub use resource::ConfigurationResource;
