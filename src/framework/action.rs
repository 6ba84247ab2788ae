//! What a noun implements to be done on demand, beside what is managed.

use std::future::Future;

use serde::de::DeserializeOwned;

use super::codec::to_model;
use super::diag::Diagnostics;
use super::field::FieldSet;
use super::resource::{Call, Pending};
use super::value::Object;

/// Says to the user how far an action is.
pub type Progress = Box<dyn Fn(String) + Send + Sync>;

/// An action, in the terms of its noun.
pub trait Action: Send + Sync + 'static {
    /// The typed model of the configuration.
    type Model: DeserializeOwned + Send + 'static;

    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute of its `config` block.
    fn fields(&self) -> &FieldSet;
    /// Does it.
    fn invoke(
        &self,
        call: Call,
        config: Self::Model,
        progress: Progress,
    ) -> impl Future<Output = Diagnostics> + Send;
}

/// An action without its type: what the wire calls.
pub trait AnyAction: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute.
    fn fields(&self) -> &FieldSet;
    /// Does it.
    fn invoke(&self, call: Call, config: Object, progress: Progress) -> Pending<'_, Diagnostics>;
}

impl<A: Action> AnyAction for A {
    fn type_name(&self) -> &'static str {
        Action::type_name(self)
    }

    fn fields(&self) -> &FieldSet {
        Action::fields(self)
    }

    fn invoke(&self, call: Call, config: Object, progress: Progress) -> Pending<'_, Diagnostics> {
        Box::pin(async move {
            match to_model(&config) {
                Ok(model) => Action::invoke(self, call, model, progress).await,
                Err(bug) => bug,
            }
        })
    }
}
