//! What a noun implements to be found by `terraform query`.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{to_model, to_object};
use super::diag::{Diagnostics, Report};
use super::field::FieldSet;
use super::resource::{Call, Pending};
use super::value::Object;

/// A list of the objects of one managed resource type, in the terms of its noun.
pub trait ListResource: Send + Sync + 'static {
    /// The typed model of the filters.
    type Filters: DeserializeOwned + Send + 'static;

    /// The type name of the managed resource.
    fn type_name(&self) -> &'static str;
    /// Every attribute of the `config` block: the filters.
    fn fields(&self) -> &FieldSet;
    /// Up to `limit` objects that pass the filters. With `whole`, each with its
    /// state, which is read without its secrets.
    fn list(
        &self,
        call: Call,
        filters: Self::Filters,
        limit: usize,
        whole: bool,
    ) -> impl Future<Output = Report<Vec<Listed>>> + Send;
}

/// One object that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// What the object is called for people.
    pub display_name: String,
    /// The attributes that name it, and with `whole` all others.
    pub object: Object,
}

impl Listed {
    /// An object with the state that its managed resource would have.
    pub fn new(
        display_name: impl Into<String>,
        state: &impl Serialize,
    ) -> Result<Self, Diagnostics> {
        Ok(Listed { display_name: display_name.into(), object: to_object(state)? })
    }
}

/// A list without its type: what the wire calls.
pub trait AnyListResource: Send + Sync {
    /// The type name of the managed resource.
    fn type_name(&self) -> &'static str;
    /// Every filter.
    fn fields(&self) -> &FieldSet;
    /// Checks filters that may be unknown.
    fn validate(&self, config: &Object) -> Diagnostics {
        self.fields().check(config)
    }
    /// Finds objects.
    fn list(
        &self,
        call: Call,
        config: Object,
        limit: usize,
        whole: bool,
    ) -> Pending<'_, Report<Vec<Listed>>>;
}

impl<L: ListResource> AnyListResource for L {
    fn type_name(&self) -> &'static str {
        ListResource::type_name(self)
    }

    fn fields(&self) -> &FieldSet {
        ListResource::fields(self)
    }

    fn list(
        &self,
        call: Call,
        config: Object,
        limit: usize,
        whole: bool,
    ) -> Pending<'_, Report<Vec<Listed>>> {
        Box::pin(async move {
            match to_model(&config) {
                Ok(filters) => ListResource::list(self, call, filters, limit, whole).await,
                Err(bug) => Report::with(Vec::new(), bug),
            }
        })
    }
}
