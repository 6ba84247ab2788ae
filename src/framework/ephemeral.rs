//! What an ephemeral resource implements: it is opened, renewed and closed within a run.

use std::future::Future;
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{to_model, to_object};
use super::context::{Context, Pending};
use super::data_source::with_configuration;
use super::diag::{AttributePath, Diagnostics, Report, bug, error};
use super::schema::Schema;
use super::value::Object;

/// An ephemeral resource, in terms of its own model.
pub trait EphemeralResource: Send + Sync + 'static {
    /// The typed model of configuration and result.
    type Model: Serialize + DeserializeOwned + Send + 'static;
    /// What renewing and closing need to know. It never contains a secret.
    type Private: Serialize + DeserializeOwned + Send + 'static;

    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute.
    fn schema(&self) -> &Schema;
    /// Checks rules across attributes. The configuration may contain unknown values.
    fn validate(&self, config: &Self::Model) -> Diagnostics;
    /// Opens it; `None` only together with an error, and with nothing left to
    /// close.
    fn open(
        &self,
        context: Context,
        config: Self::Model,
    ) -> impl Future<Output = Report<Option<Opened<Self::Model, Self::Private>>>> + Send;
    /// Renews what was opened; returns when to renew it again.
    fn renew(
        &self,
        context: Context,
        private: Self::Private,
    ) -> impl Future<Output = Report<Option<SystemTime>>> + Send;
    /// Closes what [`EphemeralResource::open`] opened.
    fn close(
        &self,
        context: Context,
        private: Self::Private,
    ) -> impl Future<Output = Diagnostics> + Send;
}

/// An ephemeral resource that has been opened.
#[derive(Debug)]
pub struct Opened<M, P> {
    /// The values for the run, which are in no plan and no state.
    pub result: M,
    /// What renewing and closing need to know.
    pub private: P,
    /// When to renew, if ever.
    pub renew_at: Option<SystemTime>,
}

/// The untyped form of [`Opened`]; a renewal returns it too, without a result.
#[derive(Debug, Default)]
pub struct EphemeralResponse {
    /// The values for the run.
    pub result: Option<Object>,
    /// The private state, which Terraform passes to renew and close.
    pub private: Vec<u8>,
    /// When to renew, if ever.
    pub renew_at: Option<SystemTime>,
}

/// The untyped form of an ephemeral resource, which the plugin calls.
pub trait AnyEphemeralResource: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute.
    fn schema(&self) -> &Schema;
    /// Checks a configuration that may contain unknown values.
    fn validate(&self, config: &Object) -> Diagnostics;
    /// Opens it.
    fn open(&self, context: Context, config: Object) -> Pending<'_, Report<EphemeralResponse>>;
    /// Renews it.
    fn renew(&self, context: Context, private: Vec<u8>) -> Pending<'_, Report<EphemeralResponse>>;
    /// Closes it.
    fn close(&self, context: Context, private: Vec<u8>) -> Pending<'_, Diagnostics>;
}

impl<E: EphemeralResource> AnyEphemeralResource for E {
    fn type_name(&self) -> &'static str {
        EphemeralResource::type_name(self)
    }

    fn schema(&self) -> &Schema {
        EphemeralResource::schema(self)
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        let mut diagnostics = EphemeralResource::schema(self).validate(config);
        match to_model(config) {
            Ok(model) => diagnostics.add_diagnostics(EphemeralResource::validate(self, &model)),
            Err(bug) => diagnostics.add_diagnostics(bug),
        }
        diagnostics
    }

    fn open(&self, context: Context, config: Object) -> Pending<'_, Report<EphemeralResponse>> {
        Box::pin(async move {
            let model = match to_model(&config) {
                Ok(model) => model,
                Err(bug) => return Report::with(EphemeralResponse::default(), bug),
            };
            let Report { value, mut diagnostics } =
                EphemeralResource::open(self, context, model).await;
            let Some(opened) = value else {
                return Report::with(EphemeralResponse::default(), diagnostics);
            };
            let renew_at = opened.renew_at;
            match (to_object(&opened.result), write_private(&opened.private)) {
                (Ok(result), Ok(private)) => {
                    let result = Some(with_configuration(result, config));
                    Report::with(EphemeralResponse { result, private, renew_at }, diagnostics)
                }
                (Err(bug), _) | (_, Err(bug)) => {
                    diagnostics.add_diagnostics(bug);
                    Report::with(EphemeralResponse::default(), diagnostics)
                }
            }
        })
    }

    fn renew(&self, context: Context, private: Vec<u8>) -> Pending<'_, Report<EphemeralResponse>> {
        Box::pin(async move {
            let known = match read_private(&private) {
                Ok(known) => known,
                Err(bug) => {
                    return Report::with(
                        EphemeralResponse { private, ..EphemeralResponse::default() },
                        bug,
                    );
                }
            };
            let report = EphemeralResource::renew(self, context, known).await;
            report.map(|renew_at| EphemeralResponse { result: None, private, renew_at })
        })
    }

    fn close(&self, context: Context, private: Vec<u8>) -> Pending<'_, Diagnostics> {
        Box::pin(async move {
            match read_private(&private) {
                Ok(known) => EphemeralResource::close(self, context, known).await,
                Err(bug) => bug,
            }
        })
    }
}

fn write_private<P: Serialize>(private: &P) -> Result<Vec<u8>, Diagnostics> {
    serde_json::to_vec(private).map_err(|error| {
        bug(format!("The private state of an ephemeral resource cannot be written: {error}."))
    })
}

fn read_private<P: DeserializeOwned>(private: &[u8]) -> Result<P, Diagnostics> {
    // What serde says about the bytes may quote them.
    serde_json::from_slice(private).map_err(|_| {
        error(
            AttributePath::root(),
            "Unreadable private state",
            "Terraform passed private state of an ephemeral resource that this version of the \
             provider did not write. What was opened may still be open: look for it in the \
             service, or wait until it expires.",
        )
    })
}
