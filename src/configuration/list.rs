//! The list that finds configurations of the IAM credentials engine for `terraform query`.
//!
//! An instance has at most one. The service's list does not include the key, and no
//! other call is made.

use serde::Deserialize;

use super::model::{Configuration, configuration};
use crate::framework::schema::Schema;
use crate::framework::value::Value;
use crate::instance::{Failure, Found, Instance, InstanceList, Served, list_schema, search};

/// The list resource `ibm_sm_iam_credentials_configuration`.
pub struct ConfigurationList;

/// The filters of the list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Filters {
    search: Value<String>,
}

impl Served for ConfigurationList {
    const TYPE_NAME: &'static str = super::resource::TYPE_NAME;

    fn schema() -> Schema {
        list_schema(
            "The configuration of the IAM credentials engine of an instance, if there is one. \
             Configurations of other engines are not listed.",
            vec![search("Part of the name, or of IBM's names for the type.")],
        )
    }
}

impl InstanceList for ConfigurationList {
    type Filters = Filters;
    type Model = Configuration;

    const OBJECTS: &'static str = "the IAM credentials configurations";

    async fn list(
        instance: &Instance,
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Found<Configuration>>, Failure> {
        let search = filters.search.as_deref_option();
        let found = instance.client.list_configurations(search, limit).await?;
        let found = found.into_iter().map(|metadata| Found {
            id: metadata.name.clone(),
            display_name: metadata.name.clone(),
            model: configuration(&Configuration::default(), metadata, None),
        });
        Ok(found.collect())
    }
}
