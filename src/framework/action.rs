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
    /// Checks, without a change, whether it could run now. The configuration may contain unknown
    /// values.
    fn plan(
        &self,
        context: Context,
        config: Self::Model,
    ) -> impl Future<Output = Diagnostics> + Send;
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
    /// Checks a configuration, and whether the action could run now.
    fn plan(&self, context: Context, config: Object) -> Pending<'_, Diagnostics>;
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

    fn plan(&self, context: Context, config: Object) -> Pending<'_, Diagnostics> {
        Box::pin(async move {
            let invalid = Action::schema(self).validate(&config);
            if !invalid.errors.is_empty() {
                return invalid;
            }
            match to_model(&config) {
                Ok(model) => Action::plan(self, context, model).await,
                Err(bug) => bug,
            }
        })
    }

    fn invoke(
        &self,
        context: Context,
        config: Object,
        progress: Progress,
    ) -> Pending<'_, Diagnostics> {
        Box::pin(async move {
            // What the plan did not know yet.
            let invalid = Action::schema(self).validate(&config);
            if !invalid.errors.is_empty() {
                return invalid;
            }
            match to_model(&config) {
                Ok(model) => Action::invoke(self, context, model, progress).await,
                Err(bug) => bug,
            }
        })
    }
}
