//! What a list resource implements, for `terraform query`.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{to_model, to_object};
use super::context::{Context, Pending};
use super::diag::{Diagnostics, Report};
use super::schema::Schema;
use super::value::Object;

/// A list of the objects of one managed resource type, in terms of its own model.
pub trait ListResource: Send + Sync + 'static {
    /// The typed model of the filters.
    type Filters: DeserializeOwned + Send + 'static;

    /// The type name of the managed resource.
    fn type_name(&self) -> &'static str;
    /// Every attribute of the `config` block: the filters.
    fn schema(&self) -> &Schema;
    /// Finds up to `limit` objects that match the filters, each with as much of its
    /// state as is known without reading a secret.
    fn list(
        &self,
        context: Context,
        filters: Self::Filters,
        limit: usize,
    ) -> impl Future<Output = Report<Vec<ListResult>>> + Send;
}

/// One object that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct ListResult {
    /// The name that users see.
    pub display_name: String,
    /// Its attributes; those of the identity are always set.
    pub object: Object,
}

impl ListResult {
    /// An object with the state that its managed resource would have.
    pub fn new(
        display_name: impl Into<String>,
        state: &impl Serialize,
    ) -> Result<Self, Diagnostics> {
        Ok(ListResult { display_name: display_name.into(), object: to_object(state)? })
    }
}

/// The untyped form of a list, which the plugin calls.
pub trait AnyListResource: Send + Sync {
    /// The type name of the managed resource.
    fn type_name(&self) -> &'static str;
    /// Every filter.
    fn schema(&self) -> &Schema;
    /// Checks filters that may contain unknown values.
    fn validate(&self, config: &Object) -> Diagnostics {
        self.schema().validate(config)
    }
    /// Finds objects.
    fn list(
        &self,
        context: Context,
        config: Object,
        limit: usize,
    ) -> Pending<'_, Report<Vec<ListResult>>>;
}

impl<L: ListResource> AnyListResource for L {
    fn type_name(&self) -> &'static str {
        ListResource::type_name(self)
    }

    fn schema(&self) -> &Schema {
        ListResource::schema(self)
    }

    fn list(
        &self,
        context: Context,
        config: Object,
        limit: usize,
    ) -> Pending<'_, Report<Vec<ListResult>>> {
        Box::pin(async move {
            match to_model(&config) {
                Ok(filters) => ListResource::list(self, context, filters, limit).await,
                Err(bug) => Report::with(Vec::new(), bug),
            }
        })
    }
}
