//! What an action on an instance implements.

use std::future::Future;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::connected::{Connected, Served};
use super::connection::Instance;
use super::reference::InstanceRef;
use crate::framework::action::{Action, Progress};
use crate::framework::context::Context;
use crate::framework::diag::Diagnostics;
use crate::framework::schema::Schema;

/// An action, in terms of its own configuration.
pub trait InstanceAction: Served {
    /// The configuration.
    type Model: DeserializeOwned + Send + Sync + 'static;

    /// Checks, without a change, whether it could run now. The configuration may contain unknown
    /// values.
    fn plan(
        instance: &Instance,
        config: Self::Model,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;

    /// Runs it.
    fn invoke(
        instance: &Instance,
        config: Self::Model,
        progress: Progress,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;
}

/// The configuration of an action together with the instance.
#[derive(Deserialize)]
pub struct ActionModel<M> {
    #[serde(flatten)]
    instance: InstanceRef,
    #[serde(flatten)]
    model: M,
}

impl<T: InstanceAction> Action for Connected<T> {
    type Model = ActionModel<T::Model>;

    fn type_name(&self) -> &'static str {
        T::TYPE_NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Leaves it to the invocation if the instance is not known yet.
    async fn plan(&self, context: Context, config: Self::Model) -> Diagnostics {
        if !self.connection.is_configured() || !config.instance.is_known() {
            return Diagnostics::default();
        }
        let outcome = match self.connection.instance(&config.instance, &context) {
            Ok(instance) => T::plan(&instance, config.model).await,
            Err(diagnostics) => return diagnostics,
        };
        outcome.err().unwrap_or_default()
    }

    async fn invoke(
        &self,
        context: Context,
        config: Self::Model,
        progress: Progress,
    ) -> Diagnostics {
        let instance = match self.connection.instance(&config.instance, &context) {
            Ok(instance) => instance,
            Err(diagnostics) => return diagnostics,
        };
        let outcome = T::invoke(&instance, config.model, progress).await;
        outcome.err().unwrap_or_default()
    }
}
