//! What a noun implements to be opened for the length of a run, and closed.

use std::future::Future;
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{to_model, to_object};
use super::data_source::known;
use super::diag::{Diagnostics, Report, bug};
use super::field::FieldSet;
use super::resource::{Call, Pending};
use super::value::Object;

/// An ephemeral resource, in the terms of its noun.
pub trait EphemeralResource: Send + Sync + 'static {
    /// The typed model of configuration and result.
    type Model: Serialize + DeserializeOwned + Send + 'static;
    /// What renewing and closing need to know. It never holds a secret.
    type Memory: Serialize + DeserializeOwned + Send + 'static;

    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute.
    fn fields(&self) -> &FieldSet;
    /// Rules across attributes. The configuration may hold unknown values.
    fn validate(&self, config: &Self::Model) -> Diagnostics;
    /// Opens it; `None` only together with an error, and with nothing left to
    /// close.
    fn open(
        &self,
        call: Call,
        config: Self::Model,
    ) -> impl Future<Output = Report<Option<Opened<Self::Model, Self::Memory>>>> + Send;
    /// Makes sure that what was opened goes on; when to ask again.
    fn renew(
        &self,
        call: Call,
        memory: Self::Memory,
    ) -> impl Future<Output = Report<Option<SystemTime>>> + Send;
    /// Ends what [`EphemeralResource::open`] began.
    fn close(&self, call: Call, memory: Self::Memory) -> impl Future<Output = Diagnostics> + Send;
}

/// What is open now.
#[derive(Debug)]
pub struct Opened<M, P> {
    /// The values for the run; in no plan and no state.
    pub result: M,
    /// What to remember until the close.
    pub memory: P,
    /// When to renew, if ever.
    pub renew_at: Option<SystemTime>,
}

/// The untyped form of [`Opened`]; also what a renewal answers, without result.
#[derive(Debug, Default)]
pub struct Held {
    /// The values for the run.
    pub result: Option<Object>,
    /// What Terraform hands back.
    pub private: Vec<u8>,
    /// When to renew, if ever.
    pub renew_at: Option<SystemTime>,
}

/// An ephemeral resource without its type: what the wire calls.
pub trait AnyEphemeralResource: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute.
    fn fields(&self) -> &FieldSet;
    /// Checks a configuration that may hold unknown values.
    fn validate(&self, config: &Object) -> Diagnostics;
    /// Opens it.
    fn open(&self, call: Call, config: Object) -> Pending<'_, Report<Held>>;
    /// Renews it.
    fn renew(&self, call: Call, private: Vec<u8>) -> Pending<'_, Report<Held>>;
    /// Closes it.
    fn close(&self, call: Call, private: Vec<u8>) -> Pending<'_, Diagnostics>;
}

impl<E: EphemeralResource> AnyEphemeralResource for E {
    fn type_name(&self) -> &'static str {
        EphemeralResource::type_name(self)
    }

    fn fields(&self) -> &FieldSet {
        EphemeralResource::fields(self)
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        let mut diagnostics = EphemeralResource::fields(self).check(config);
        match to_model(config) {
            Ok(model) => diagnostics.add_diagnostics(EphemeralResource::validate(self, &model)),
            Err(bug) => diagnostics.add_diagnostics(bug),
        }
        diagnostics
    }

    fn open(&self, call: Call, config: Object) -> Pending<'_, Report<Held>> {
        Box::pin(async move {
            let model = match to_model(&config) {
                Ok(model) => model,
                Err(bug) => return Report::with(Held::default(), bug),
            };
            let Report { value, mut diagnostics } =
                EphemeralResource::open(self, call, model).await;
            let Some(opened) = value else {
                return Report::with(Held::default(), diagnostics);
            };
            let renew_at = opened.renew_at;
            match (to_object(&opened.result), remember(&opened.memory)) {
                (Ok(result), Ok(private)) => {
                    let result = Some(known(result, config));
                    Report::with(Held { result, private, renew_at }, diagnostics)
                }
                (Err(bug), _) | (_, Err(bug)) => {
                    diagnostics.add_diagnostics(bug);
                    Report::with(Held::default(), diagnostics)
                }
            }
        })
    }

    fn renew(&self, call: Call, private: Vec<u8>) -> Pending<'_, Report<Held>> {
        Box::pin(async move {
            let memory = match recall(&private) {
                Ok(memory) => memory,
                Err(bug) => return Report::with(Held { private, ..Held::default() }, bug),
            };
            let report = EphemeralResource::renew(self, call, memory).await;
            report.map(|renew_at| Held { result: None, private, renew_at })
        })
    }

    fn close(&self, call: Call, private: Vec<u8>) -> Pending<'_, Diagnostics> {
        Box::pin(async move {
            match recall(&private) {
                Ok(memory) => EphemeralResource::close(self, call, memory).await,
                Err(bug) => bug,
            }
        })
    }
}

fn remember<P: Serialize>(memory: &P) -> Result<Vec<u8>, Diagnostics> {
    serde_json::to_vec(memory)
        .map_err(|error| bug(format!("The memory of a lease cannot be written: {error}.")))
}

fn recall<P: DeserializeOwned>(private: &[u8]) -> Result<P, Diagnostics> {
    serde_json::from_slice(private)
        .map_err(|error| bug(format!("The memory of a lease cannot be read: {error}.")))
}
