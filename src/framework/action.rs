//! What an action implements.

use std::future::Future;

use serde::de::DeserializeOwned;

use super::codec::to_model;
use super::context::{Context, Pending};
use super::diag::Diagnostics;
use super::schema::Schema;
use super::value::Object;

/// Reports an action's progress to the user.
pub type Progress = Box<dyn Fn(String) + Send + Sync>;

/// An action, in terms of its own model.
pub trait Action: Send + Sync + 'static {
    /// The typed model of the configuration.
    type Model: DeserializeOwned + Send + 'static;

    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute of its `config` block.
    fn schema(&self) -> &Schema;
    /// Runs it.
    fn invoke(
        &self,
        context: Context,
        config: Self::Model,
        progress: Progress,
    ) -> impl Future<Output = Diagnostics> + Send;
}

/// The untyped form of an action, which the plugin calls.
pub trait AnyAction: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute of its `config` block.
    fn schema(&self) -> &Schema;
    /// Runs it.
    fn invoke(
        &self,
        context: Context,
        config: Object,
        progress: Progress,
    ) -> Pending<'_, Diagnostics>;
}

impl<A: Action> AnyAction for A {
    fn type_name(&self) -> &'static str {
        Action::type_name(self)
    }

    fn schema(&self) -> &Schema {
        Action::schema(self)
    }

    fn invoke(
        &self,
        context: Context,
        config: Object,
        progress: Progress,
    ) -> Pending<'_, Diagnostics> {
        Box::pin(async move {
            match to_model(&config) {
                Ok(model) => Action::invoke(self, context, model, progress).await,
                Err(bug) => bug,
            }
        })
    }
}
