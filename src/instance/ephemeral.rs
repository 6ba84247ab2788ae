//! What an ephemeral resource of an instance implements.

use std::future::Future;
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::connected::{Connected, Served};
use super::connection::Instance;
use super::reference::InstanceRef;
use crate::framework::context::Context;
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::ephemeral::{EphemeralResource, Opened};
use crate::framework::schema::Schema;

/// An ephemeral resource, in terms of its own model.
pub trait InstanceEphemeral: Served {
    /// The typed model of configuration and result.
    type Model: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What renewing and closing need to know beside the instance. It never contains a secret.
    type Private: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Checks rules across attributes. The configuration may contain unknown values.
    fn validate(config: &Self::Model) -> Diagnostics;

    /// Opens it. What it adds to `warnings` is shown even if that fails; after an error there is
    /// nothing to close.
    fn open(
        instance: &Instance,
        config: Self::Model,
        warnings: &mut Diagnostics,
    ) -> impl Future<Output = Result<Lent<Self::Model, Self::Private>, Diagnostics>> + Send;

    /// Renews what was opened; returns when to renew it again.
    fn renew(
        _instance: &Instance,
        _private: &Self::Private,
    ) -> impl Future<Output = Report<Option<SystemTime>>> + Send {
        std::future::ready(Report::of(None))
    }

    /// Closes what [`InstanceEphemeral::open`] opened.
    fn close(
        _instance: &Instance,
        _private: &Self::Private,
    ) -> impl Future<Output = Diagnostics> + Send {
        std::future::ready(Diagnostics::default())
    }
}

/// The response of an open.
#[derive(Debug)]
pub struct Lent<M, P> {
    /// The values for the run, which are in no plan and no state.
    pub model: M,
    /// What renewing and closing need to know.
    pub private: P,
    /// When to renew, if ever.
    pub renew_at: Option<SystemTime>,
}

/// The model of an ephemeral resource together with the instance.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct EphemeralModel<M> {
    #[serde(flatten)]
    instance: InstanceRef,
    #[serde(flatten)]
    model: M,
}

/// The private state of an ephemeral resource together with the instance.
#[derive(Debug, Serialize, Deserialize)]
pub struct EphemeralPrivate<P> {
    instance: InstanceRef,
    own: P,
}

impl<T: InstanceEphemeral> EphemeralResource for Connected<T> {
    type Model = EphemeralModel<T::Model>;
    type Private = EphemeralPrivate<T::Private>;

    fn type_name(&self) -> &'static str {
        T::TYPE_NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Self::Model) -> Diagnostics {
        T::validate(&config.model)
    }

    async fn open(
        &self,
        context: Context,
        config: Self::Model,
    ) -> Report<Option<Opened<Self::Model, Self::Private>>> {
        let EphemeralModel { instance: reference, model } = config;
        let instance = match self.connection.instance(&reference, &context) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        let mut diagnostics = Diagnostics::default();
        match T::open(&instance, model, &mut diagnostics).await {
            Ok(Lent { model, private, renew_at }) => {
                let reference = instance.own_reference(&reference);
                let private = EphemeralPrivate { instance: reference.clone(), own: private };
                let result = EphemeralModel { instance: reference, model };
                Report::with(Some(Opened { result, private, renew_at }), diagnostics)
            }
            Err(failed) => {
                diagnostics.add_diagnostics(failed);
                Report::with(None, diagnostics)
            }
        }
    }

    async fn renew(&self, context: Context, private: Self::Private) -> Report<Option<SystemTime>> {
        match self.connection.instance(&private.instance, &context) {
            Ok(instance) => T::renew(&instance, &private.own).await,
            Err(diagnostics) => Report::with(None, diagnostics),
        }
    }

    async fn close(&self, context: Context, private: Self::Private) -> Diagnostics {
        match self.connection.instance(&private.instance, &context) {
            Ok(instance) => T::close(&instance, &private.own).await,
            Err(diagnostics) => diagnostics,
        }
    }
}
