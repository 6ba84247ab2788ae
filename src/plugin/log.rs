//! Writes events to stderr as hclog lines, the only form that Terraform reads as a log
//! (plugin-protocol.md 1.7).

use std::fmt::Debug;
use std::io::{self, Write as _};

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::known_secrets::KnownSecrets;

/// The host splits longer lines. The newline counts.
const LONGEST_LINE: usize = 64 * 1024 - 1;

const TIMESTAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

const MESSAGE: &str = "message";

/// Logs the events of this process to stderr, at `threshold` and above, without secrets.
pub(super) fn install(threshold: LevelFilter, known_secrets: KnownSecrets) {
    let layer = JsonLines {
        known_secrets,
        now: OffsetDateTime::now_utc,
        // One write under the lock of stderr, so that no two lines mix. If the host
        // has closed its end, the provider goes on without a log.
        write: |line: &[u8]| drop(io::stderr().lock().write_all(line)),
    };
    let subscriber = Registry::default().with(filter(threshold)).with(layer);
    // Only `main` sets a subscriber, so this cannot fail.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// The lowest level worth writing for the provider `name`.
///
/// Terraform filters what it receives, so everything is written if any log is
/// enabled; `TF_LOG_PROVIDER_<NAME>` limits it here.
pub(super) fn threshold(name: &str, get: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let get = |name: &str| get(name).filter(|value| !value.is_empty());
    let own = format!("TF_LOG_PROVIDER_{}", name.to_uppercase().replace('-', "_"));
    match get(&own) {
        // Like Terraform, treat anything that is not a level as TRACE.
        Some(level) => level.parse().unwrap_or(LevelFilter::TRACE),
        None => {
            let enabling = ["TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_CORE"];
            if enabling.iter().any(|name| get(name).is_some()) {
                LevelFilter::TRACE
            } else {
                LevelFilter::WARN
            }
        }
    }
}

/// HTTP libraries print headers at their lower levels, and headers contain secrets.
fn filter(threshold: LevelFilter) -> Targets {
    Targets::new()
        .with_target(env!("CARGO_CRATE_NAME"), threshold)
        .with_default(threshold.min(LevelFilter::WARN))
}

/// Writes each event as one line, with the fields of the spans around it.
struct JsonLines<N, W> {
    known_secrets: KnownSecrets,
    now: N,
    write: W,
}

/// The fields of a span, or of an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl<S, N, W> Layer<S> for JsonLines<N, W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: Fn() -> OffsetDateTime + 'static,
    W: Fn(&[u8]) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Map::new();
        for span in context.event_scope(event).into_iter().flat_map(|s| s.from_root()) {
            if let Some(Fields(fields)) = span.extensions().get::<Fields>() {
                line.extend(fields.clone());
            }
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = fields.0.remove(MESSAGE);
        line.extend(fields.0);
        // Last, because Terraform crashes on one of these that is not a string.
        line.extend([
            string_field("@level", level(*event.metadata().level())),
            string_field("@message", &message.as_ref().map_or_else(String::new, plain)),
            string_field("@module", event.metadata().target()),
            string_field("@timestamp", &timestamp((self.now)())),
        ]);
        let texts = line.values_mut().filter_map(|value| match value {
            Value::String(text) => Some(text),
            _ => None,
        });
        self.known_secrets.remove_from(&mut texts.collect::<Vec<_>>());
        (self.write)(&render(line));
    }
}

/// Numbers and booleans as they are, everything else as strings.
impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON cannot represent infinity.
        match serde_json::Number::from_f64(value) {
            Some(number) => self.insert(field, Value::Number(number)),
            None => self.insert(field, Value::String(value.to_string())),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.insert(field, format!("{value:?}").into());
    }
}

impl Fields {
    fn insert(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

fn string_field(key: &str, value: &str) -> (String, Value) {
    (key.to_owned(), Value::String(value.to_owned()))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}

fn timestamp(now: OffsetDateTime) -> String {
    now.to_offset(time::UtcOffset::UTC).format(TIMESTAMP).unwrap_or_default()
}

/// The line with its newline; its longest string is halved until it is short enough.
fn render(mut line: Map<String, Value>) -> Vec<u8> {
    loop {
        let mut rendered = Value::Object(line.clone()).to_string().into_bytes();
        rendered.push(b'\n');
        if rendered.len() <= LONGEST_LINE || !halve_longest(&mut line) {
            return rendered;
        }
    }
}

/// Returns whether there was anything left to shorten.
fn halve_longest(line: &mut Map<String, Value>) -> bool {
    let strings = line.values_mut().filter_map(|value| match value {
        Value::String(text) => Some(text),
        _ => None,
    });
    let Some(longest) = strings.max_by_key(|text| text.len()) else {
        return false;
    };
    longest.truncate(longest.floor_char_boundary(longest.len() / 2));
    !longest.is_empty()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use time::macros::datetime;
    use tracing::field::Empty;

    use super::*;

    /// The lines that `act` logs.
    fn lines(threshold: LevelFilter, act: impl FnOnce()) -> Vec<String> {
        lines_without(&KnownSecrets::default(), threshold, act)
    }

    fn lines_without(
        known_secrets: &KnownSecrets,
        threshold: LevelFilter,
        act: impl FnOnce(),
    ) -> Vec<String> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let layer = JsonLines {
            known_secrets: known_secrets.clone(),
            now: || datetime!(2026-01-02 05:04:05.000_006 +2),
            write: move |line: &[u8]| sink.lock().unwrap().push(line.to_vec()),
        };
        let subscriber = Registry::default().with(filter(threshold)).with(layer);
        tracing::subscriber::with_default(subscriber, act);
        let written = written.lock().unwrap();
        let text = |line: &Vec<u8>| String::from_utf8(line.clone()).unwrap();
        written.iter().map(text).collect()
    }

    fn line(act: impl FnOnce()) -> Value {
        let lines = lines(LevelFilter::TRACE, act);
        assert_eq!(lines.len(), 1, "{lines:?}");
        serde_json::from_str(&lines[0]).unwrap()
    }

    #[test]
    fn an_event_is_one_line() {
        let lines = lines(LevelFilter::TRACE, || {
            tracing::info!(
                count = 3,
                small = -1,
                half = 0.5,
                done = true,
                who = "a\nb",
                "hello {}",
                7
            );
        });
        assert_eq!(
            lines,
            [concat!(
                r#"{"@level":"info","@message":"hello 7","@module":"ibm_sm_provider::plugin::log::tests","#,
                r#""@timestamp":"2026-01-02T03:04:05.000006Z","#,
                r#""count":3,"done":true,"half":0.5,"small":-1,"who":"a\nb"}"#,
                "\n"
            )]
        );
    }

    #[test]
    fn no_field_shows_a_secret_nor_what_a_terminal_obeys() {
        let known = KnownSecrets::default();
        known.add("s3cret-key");
        let lines = lines_without(&known, LevelFilter::TRACE, || {
            let _call = tracing::info_span!("call", of = "s3cret-key").entered();
            tracing::info!(cause = ?"s3cret\tkey", base64 = "czNjcmV0LWtleQ", "s3cret-key \u{1b}[31m");
        });
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        let fields = ["@message", "base64", "of"].map(|name| line[name].clone());
        assert_eq!(fields, [json!("(redacted)  [31m"), json!("(redacted)"), json!("(redacted)")]);
    }

    #[test]
    fn every_level_has_its_name() {
        let lines = lines(LevelFilter::TRACE, || {
            tracing::trace!("");
            tracing::debug!("");
            tracing::info!("");
            tracing::warn!("");
            tracing::error!("");
        });
        let levels = lines.iter().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["@level"].as_str().unwrap().to_owned()
        });
        let expected = ["trace", "debug", "info", "warn", "error"];
        assert_eq!(levels.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_fields_of_all_spans_are_on_the_line_and_the_nearest_wins() {
        let line = line(|| {
            let outer =
                tracing::info_span!("call", tf_rpc = "ReadResource", tf_req_id = Empty, n = 1);
            let _outer = outer.enter();
            let _inner = tracing::info_span!("request", n = 2, attempt = 1).entered();
            outer.record("tf_req_id", "r-1");
            tracing::info!(attempt = 3, "sent");
        });
        let fields = ["tf_rpc", "tf_req_id", "n", "attempt"].map(|name| line[name].clone());
        assert_eq!(fields, [json!("ReadResource"), json!("r-1"), json!(2), json!(3)]);
    }

    #[test]
    fn the_fields_that_terraform_requires_are_always_strings() {
        let taken = line(|| tracing::info!("@level" = 3, "@timestamp" = true, "@module" = 1, "x"));
        let keys = ["@level", "@message", "@module", "@timestamp"];
        let strings = |line: &Value| keys.map(|key| line[key].as_str().unwrap().to_owned());
        assert_eq!(strings(&taken)[..2], ["info", "x"]);
        assert_eq!(strings(&line(|| tracing::info!(message = 7)))[1], "7");
        assert_eq!(strings(&line(|| tracing::info!(only = "fields")))[1], "");
    }

    #[test]
    fn values_that_json_cannot_represent_are_strings() {
        let line = line(|| tracing::info!(far = f64::INFINITY, debug = ?Some(1), wide = u128::MAX));
        let fields = ["far", "debug", "wide"].map(|name| line[name].clone());
        assert_eq!(fields, [json!("inf"), json!("Some(1)"), json!(u128::MAX.to_string())]);
    }

    #[test]
    fn no_line_is_longer_than_the_host_reads() {
        for unit in ["a", "\"", "\u{1}", "é", "🔑", "\n"] {
            let long = unit.repeat(100_000);
            let lines = lines(LevelFilter::TRACE, || {
                tracing::info!(short = "kept", "{long}");
                tracing::info!(long, short = "kept", "kept");
            });
            assert_eq!(lines.len(), 2);
            for line in lines {
                assert!(line.len() < 64 * 1024, "{unit:?}: {} bytes", line.len());
                assert!(line.len() > 30 * 1024, "{unit:?}: {} bytes", line.len());
                assert_eq!(line.find('\n'), Some(line.len() - 1), "{unit:?}");
                let line: Value = serde_json::from_str(&line).unwrap();
                assert_eq!(line["short"], "kept", "{unit:?}");
                assert_eq!(line["@level"], "info", "{unit:?}");
            }
        }
    }

    #[test]
    fn libraries_are_silent_below_a_warning() {
        let log = || {
            tracing::debug!(target: "h2::proto", "authorization: Bearer");
            tracing::info!(target: "hyper", "headers");
            tracing::warn!(target: "tower", "slow");
            tracing::debug!("ours");
        };
        let messages = |threshold| {
            let lines = lines(threshold, log);
            let message = |line: &String| {
                let line: Value = serde_json::from_str(line).unwrap();
                line["@message"].as_str().unwrap().to_owned()
            };
            lines.iter().map(message).collect::<Vec<_>>()
        };
        assert_eq!(messages(LevelFilter::TRACE), ["slow", "ours"]);
        assert_eq!(messages(LevelFilter::INFO), ["slow"]);
        assert_eq!(messages(LevelFilter::ERROR), [""; 0]);
    }

    #[test]
    fn the_threshold_depends_on_the_log_variables() {
        const OWN: &str = "TF_LOG_PROVIDER_IBM_SM";
        let cases = [
            (&[][..], LevelFilter::WARN),
            (&[("TF_LOG", "")], LevelFilter::WARN),
            (&[("TF_LOG_PROVIDER_OTHER", "TRACE")], LevelFilter::WARN),
            (&[("TF_LOG", "ERROR")], LevelFilter::TRACE),
            (&[("TF_LOG_PROVIDER", "INFO")], LevelFilter::TRACE),
            (&[("TF_LOG_CORE", "INFO")], LevelFilter::TRACE),
            (&[(OWN, "INFO"), ("TF_LOG", "TRACE")], LevelFilter::INFO),
            (&[(OWN, "debug")], LevelFilter::DEBUG),
            (&[(OWN, "OFF")], LevelFilter::OFF),
            (&[(OWN, "JSON")], LevelFilter::TRACE),
            (&[(OWN, ""), ("TF_LOG", "WARN")], LevelFilter::TRACE),
        ];
        for (variables, expected) in cases {
            let get = |name: &str| {
                let (_, value) = variables.iter().find(|(key, _)| *key == name)?;
                Some((*value).to_owned())
            };
            assert_eq!(threshold("ibm-sm", get), expected, "{variables:?}");
        }
    }
}
