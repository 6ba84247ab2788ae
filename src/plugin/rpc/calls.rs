//! Runs every call in a task and a log span of its own, and turns a panic into a diagnostic.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;
use tonic::{Response, Status};
use tracing::{Instrument, Span, field::Empty};

use crate::framework::diag::{self, Diagnostics};
use crate::framework::schema::Schema;
use crate::framework::value::{Object, ValueAny};
use crate::known_secrets::KnownSecrets;
use crate::plugin::convert;
use crate::plugin::proto::tfplugin6 as proto;

/// Runs and numbers the calls of one process; clones share the counter.
#[derive(Clone)]
pub(super) struct Calls {
    address: &'static str,
    known_secrets: KnownSecrets,
    count: Arc<AtomicU64>,
}

/// A response that can carry diagnostics.
pub(super) trait Diagnosed: Default + Send + 'static {
    fn diagnostics(&self) -> &[proto::Diagnostic];
    fn diagnostics_mut(&mut self) -> &mut Vec<proto::Diagnostic>;

    /// A response with nothing but these diagnostics.
    fn only(diagnostics: Diagnostics) -> Self {
        let mut response = Self::default();
        *response.diagnostics_mut() = convert::diagnostics(diagnostics);
        response
    }
}

impl Calls {
    pub(super) fn new(address: &'static str, known_secrets: KnownSecrets) -> Self {
        Calls { address, known_secrets, count: Arc::new(AtomicU64::new(1)) }
    }

    /// Removes every known secret from what one response shows. All texts that are for
    /// people leave the process through here.
    pub(super) fn without_secrets<'a>(&self, texts: impl IntoIterator<Item = &'a mut String>) {
        self.known_secrets.remove_from(&mut texts.into_iter().collect::<Vec<_>>());
    }

    /// Runs `work` as the call `rpc`; a panic becomes a diagnostic of its response.
    pub(super) async fn serve<T: Diagnosed>(
        &self,
        rpc: &'static str,
        subject: Subject,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let span = self.span(rpc, subject);
        let started = Instant::now();
        let mut response = run(&span, work).await.unwrap_or_else(|| T::only(panicked(rpc)));
        self.without_secrets(texts(response.diagnostics_mut()));
        span.in_scope(|| log(&response, started));
        Ok(Response::new(response))
    }

    /// Runs `work` as the call `rpc`, whose response has no field for diagnostics;
    /// `None` if it panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        rpc: &'static str,
        subject: Subject,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        run(&self.span(rpc, subject), work).await
    }

    fn span(&self, rpc: &'static str, subject: Subject) -> Span {
        let span = tracing::info_span!(
            "rpc",
            tf_rpc = rpc,
            tf_req_id = self.count.fetch_add(1, Ordering::Relaxed),
            tf_provider_addr = self.address,
            tf_proto_version = "6",
            tf_resource_type = Empty,
            tf_data_source_type = Empty,
            tf_ephemeral_resource_type = Empty,
            tf_list_resource_type = Empty,
            tf_action_type = Empty,
        );
        match subject {
            Subject::Provider => &span,
            Subject::Resource(name) => span.record("tf_resource_type", name),
            Subject::DataSource(name) => span.record("tf_data_source_type", name),
            Subject::EphemeralResource(name) => span.record("tf_ephemeral_resource_type", name),
            Subject::ListResource(name) => span.record("tf_list_resource_type", name),
            Subject::Action(name) => span.record("tf_action_type", name),
        };
        span
    }
}

/// What a call is about, with its type name.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// The provider as a whole, or a function.
    Provider,
    /// A managed resource.
    Resource(String),
    /// A data source.
    DataSource(String),
    /// An ephemeral resource.
    EphemeralResource(String),
    /// A list resource.
    ListResource(String),
    /// An action.
    Action(String),
}

async fn run<T: Send + 'static>(
    span: &Span,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    tokio::spawn(work.instrument(span.clone())).await.ok()
}

/// What diagnostics show.
pub(super) fn texts(diagnostics: &mut [proto::Diagnostic]) -> impl Iterator<Item = &mut String> {
    diagnostics.iter_mut().flat_map(|diagnostic| [&mut diagnostic.summary, &mut diagnostic.detail])
}

/// The diagnostics that tell the user of a panic.
pub(super) fn panicked(rpc: &str) -> Diagnostics {
    diag::bug(format!(
        "The call {rpc} panicked; the log says where. Its work may be half done: run a plan to \
         find out."
    ))
}

/// Remembers the sensitive values of a decoded object.
pub(super) fn add_secrets(known: &KnownSecrets, schema: &Schema, object: Option<&Object>) {
    for attribute in schema.iter().filter(|attribute| attribute.sensitive) {
        if let Some(ValueAny::String(secret)) = object.and_then(|object| object.get(attribute.name))
        {
            known.add(secret);
        }
    }
}

fn log<T: Diagnosed>(response: &T, started: Instant) {
    use proto::diagnostic::Severity;
    for diagnostic in response.diagnostics() {
        tracing::debug!(
            diagnostic_severity = diagnostic.severity().as_str_name(),
            diagnostic_summary = diagnostic.summary,
            diagnostic_detail = diagnostic.detail,
            diagnostic_attribute = diagnostic.attribute.as_ref().map(display_path),
            "the response contains a diagnostic"
        );
    }
    let count = |severity: Severity| {
        response.diagnostics().iter().filter(|diagnostic| diagnostic.severity() == severity).count()
    };
    tracing::debug!(
        tf_req_duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        diagnostic_error_count = count(Severity::Error),
        diagnostic_warning_count = count(Severity::Warning),
        "responded"
    );
}

fn display_path(path: &proto::AttributePath) -> String {
    use proto::attribute_path::step::Selector;
    path.steps
        .iter()
        .filter_map(|step| step.selector.as_ref())
        .map(|selector| match selector {
            Selector::AttributeName(name) => format!(".{name}"),
            Selector::ElementKeyString(key) => format!("[{key:?}]"),
            Selector::ElementKeyInt(index) => format!("[{index}]"),
        })
        .collect::<String>()
}
