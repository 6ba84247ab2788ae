//! What a list resource of an instance implements, for `terraform query`.

use std::future::Future;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::connected::{Connected, Served};
use super::connection::Instance;
use super::failure::{Crud, Failure};
use super::reference::{self, InstanceRef};
use super::resource::Managed;
use crate::framework::context::Context;
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::list::{ListResource, ListResult};
use crate::framework::schema::{Attribute, Schema, string};
use crate::framework::validators::length;
use crate::framework::value::Value;

/// A list of the objects of one managed resource type.
pub trait InstanceList: Served {
    /// The filters of its own.
    type Filters: DeserializeOwned + Send + Sync + 'static;
    /// The model of the managed resource type.
    type Model: Serialize + Send;

    /// How messages name the objects, such as `the secret groups`.
    const OBJECTS: &'static str;

    /// Finds up to `limit` objects that match the filters.
    fn list(
        instance: &Instance,
        filters: &Self::Filters,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Found<Self::Model>>, Failure>> + Send;
}

/// One object that a list found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<M> {
    /// The object's id in its instance: the last segment of its id in Terraform.
    pub id: String,
    /// The name that users see.
    pub display_name: String,
    /// Its state, as far as it is known without reading a secret.
    pub model: M,
}

/// The filters of a list together with the instance.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Filtered<F> {
    #[serde(flatten)]
    instance: InstanceRef,
    #[serde(flatten)]
    filters: F,
}

/// The schema of a list with these filters of its own. Nothing in a list's configuration is
/// computed.
pub fn list_schema(description: &'static str, own: Vec<Attribute>) -> Schema {
    let mut attributes: Vec<Attribute> = reference::lookup_attributes()
        .into_iter()
        .map(|common| if common.name == "region" { common.optional() } else { common })
        .collect();
    attributes.extend(own);
    Schema::new(description, attributes)
}

/// The `search` filter, which every list has.
pub fn search(description: &'static str) -> Attribute {
    string("search").validator(length(2, 128)).description(description)
}

impl<T: InstanceList> Connected<T> {
    async fn find(
        &self,
        context: &Context,
        Filtered { instance: reference, filters }: &Filtered<T::Filters>,
        limit: usize,
    ) -> Result<Vec<ListResult>, Diagnostics> {
        let instance = self.connection.instance(reference, context)?;
        let found = T::list(&instance, filters, limit)
            .await
            .map_err(|failure| instance.diagnostics(Crud::Read, T::OBJECTS, failure))?;
        let results = found.into_iter().map(|Found { id, display_name, model }| {
            let instance = instance.reference(reference, &id);
            ListResult::new(display_name, &Managed { instance, timeouts: Value::Null, model })
        });
        results.collect()
    }
}

impl<T: InstanceList> ListResource for Connected<T> {
    type Filters = Filtered<T::Filters>;

    fn type_name(&self) -> &'static str {
        T::TYPE_NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    async fn list(
        &self,
        context: Context,
        filters: Self::Filters,
        limit: usize,
    ) -> Report<Vec<ListResult>> {
        Report::found(self.find(&context, &filters, limit).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::AttributeConstraint::{Optional, Required};

    #[test]
    fn no_filter_is_computed() {
        let schema = list_schema("Things.", vec![search("Part of the name.")]);
        let shown: Vec<_> = schema.iter().map(|one| (one.name, one.constraint.clone())).collect();
        assert_eq!(
            shown,
            [
                ("instance_id", Required),
                ("region", Optional),
                ("endpoint_type", Optional),
                ("search", Optional)
            ]
        );
    }
}
