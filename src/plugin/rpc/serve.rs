//! How every call is run: its span in the log, its task, and what becomes of a
//! panic.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;
use tonic::Response;
use tracing::{Instrument, Span, field::Empty};

use super::{Answer, proto};
use crate::framework::diag;
use crate::plugin::convert;

/// The calls of one process.
pub(super) struct Calls {
    address: &'static str,
    count: AtomicU64,
}

/// A response that can carry diagnostics.
pub(super) trait Diagnosed: Default + Send + 'static {
    fn diagnostics(&self) -> &[proto::Diagnostic];
    fn diagnostics_mut(&mut self) -> &mut Vec<proto::Diagnostic>;

    /// The response of a call that could tell nothing but this.
    fn only(diagnostics: diag::Diagnostics) -> Self {
        let mut response = Self::default();
        *response.diagnostics_mut() = convert::diagnostics(diagnostics);
        response
    }
}

macro_rules! diagnosed {
    ($($rpc:ident),* $(,)?) => {$(
        impl Diagnosed for proto::$rpc::Response {
            fn diagnostics(&self) -> &[proto::Diagnostic] {
                &self.diagnostics
            }
            fn diagnostics_mut(&mut self) -> &mut Vec<proto::Diagnostic> {
                &mut self.diagnostics
            }
        }
    )*};
}

diagnosed!(
    get_metadata,
    get_provider_schema,
    validate_provider_config,
    configure_provider,
    validate_resource_config,
    upgrade_resource_state,
    read_resource,
    plan_resource_change,
    apply_resource_change,
    import_resource_state,
);

impl Calls {
    pub(super) fn new(address: &'static str) -> Self {
        Calls { address, count: AtomicU64::new(1) }
    }

    /// Runs `work` as the call `rpc` about `type_name` (empty for none).
    pub(super) async fn serve<T: Diagnosed>(
        &self,
        rpc: &'static str,
        type_name: &str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Answer<T> {
        let span = self.span(rpc, type_name);
        let started = Instant::now();
        let outcome = tokio::spawn(work.instrument(span.clone())).await;
        let response = outcome.unwrap_or_else(|_panic| {
            T::only(diag::bug(format!(
                "The call {rpc} ended in a panic; the log says where. What it was doing may be \
                 half done: run a plan to see."
            )))
        });
        span.in_scope(|| log(&response, started));
        Ok(Response::new(response))
    }

    fn span(&self, rpc: &'static str, type_name: &str) -> Span {
        let span = tracing::info_span!(
            "rpc",
            tf_rpc = rpc,
            tf_req_id = self.count.fetch_add(1, Ordering::Relaxed),
            tf_provider_addr = self.address,
            tf_proto_version = "6",
            tf_resource_type = Empty,
        );
        if !type_name.is_empty() {
            span.record("tf_resource_type", type_name);
        }
        span
    }
}

fn log<T: Diagnosed>(response: &T, started: Instant) {
    use proto::diagnostic::Severity;
    for diagnostic in response.diagnostics() {
        tracing::debug!(
            diagnostic_severity = diagnostic.severity().as_str_name(),
            diagnostic_summary = diagnostic.summary,
            diagnostic_detail = diagnostic.detail,
            diagnostic_attribute = diagnostic.attribute.as_ref().map(path_text),
            "the answer holds a diagnostic"
        );
    }
    let count = |severity: Severity| {
        response.diagnostics().iter().filter(|one| one.severity() == severity).count()
    };
    tracing::debug!(
        tf_req_duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        diagnostic_error_count = count(Severity::Error),
        diagnostic_warning_count = count(Severity::Warning),
        "answered"
    );
}

fn path_text(path: &proto::AttributePath) -> String {
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
