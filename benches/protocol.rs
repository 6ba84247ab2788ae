//! What the provider costs without Terraform: size, start, memory, schema, and calls a second.

use futures::stream::{self, StreamExt as _};
use ibm_sm_emulator::seed::{ENGINE_API_KEY, INSTANCE_ID, STATIC_SERVICE_ID};
use ibm_sm_provider::plugin::proto::tfplugin6::{self as proto, get_provider_schema};
use prost::Message as _;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Instant;

use super::emulator::Emulator as Process;
use super::report::{Report, Spread};
use super::support::emulator::Emulator;
use super::support::plugin::Launch;
use super::support::session::{Session, json_of, said, value};

const SECRET: &str = "ibm_sm_iam_credentials_secret";
const PARALLEL: usize = 100;
const ROUNDS: usize = 5;

/// Measures the binary and its calls.
pub(crate) async fn measure(
    report: &mut Report,
    provider: &Path,
    process: &Process,
    starts: usize,
    secrets: usize,
) {
    let size = fs::metadata(provider).unwrap().len() as f64 / 1e6;
    report.value("binary", "MB", Spread::of([size]));
    let (mut times, mut plugins) = (Vec::new(), Vec::new());
    for _ in 0..starts {
        let launch = Launch::by_terraform();
        let start = Instant::now();
        plugins = vec![launch.start().await];
        times.push(milliseconds(start));
    }
    drop(plugins);
    report.value("start to handshake", "ms", Spread::of(times));
    schema(report, starts).await;

    let emulator = Emulator::at(process.url().to_owned());
    let states = create(&emulator, secrets).await;
    for (what, bulk_read) in
        [("reads, 100 at once, from lists", true), ("reads, 100 at once, one by one", false)]
    {
        let mut rates = Vec::new();
        let mut peaks = Vec::new();
        for _ in 0..ROUNDS {
            let session =
                Session::with_arguments(&emulator, json!({ "bulk_read": bulk_read })).await;
            let start = Instant::now();
            let after = read_all(&session, &states).await;
            rates.push(states.len() as f64 / start.elapsed().as_secs_f64());
            assert_eq!(after, states);
            peaks.push(peak(&session));
        }
        report.value(what, "calls/s", Spread::of(rates));
        report.value(&format!("peak memory after {secrets} {what}"), "MiB", Spread::of(peaks));
    }
}

async fn schema(report: &mut Report, starts: usize) {
    let (mut first, mut later, mut bytes, mut idle) = (vec![], vec![], 0, vec![]);
    for _ in 0..starts {
        let session = Session::start().await;
        idle.push(peak(&session));
        let mut provider = session.provider.clone().max_decoding_message_size(64 << 20);
        for times in [&mut first, &mut later] {
            let start = Instant::now();
            let request = get_provider_schema::Request::default();
            let answer = provider.get_provider_schema(request).await.unwrap().into_inner();
            times.push(milliseconds(start));
            bytes = answer.encoded_len();
        }
    }
    report.value("schema, first answer", "ms", Spread::of(first));
    report.value("schema, second answer", "ms", Spread::of(later));
    report.value("schema, size", "KiB", Spread::of([bytes as f64 / 1024.0]));
    report.value("memory when idle", "MiB", Spread::of(idle));
}

/// Creates secrets, and returns them as a state has them.
async fn create(emulator: &Emulator, count: usize) -> Vec<Value> {
    let engine = json!({"config_type": "iam_credentials_configuration", "name": "engine",
                        "api_key": ENGINE_API_KEY});
    emulator.create("configurations", engine).await;
    let mut states = Vec::new();
    for index in 0..count {
        let body = json!({"secret_type": "iam_credentials", "name": format!("s-{index}"),
                          "ttl": "90d", "reuse_api_key": true, "service_id": STATIC_SERVICE_ID});
        let made = emulator.create("secrets", body).await;
        let id = made["id"].as_str().unwrap();
        states.push(json!({"instance_id": INSTANCE_ID, "region": "us-south", "secret_id": id,
                           "id": format!("us-south/{INSTANCE_ID}/{id}")}));
    }
    let session = Session::with(emulator).await;
    read_all(&session, &states).await
}

async fn read_all(session: &Session, states: &[Value]) -> Vec<Value> {
    let read = |state| {
        let mut provider = session.provider.clone();
        let request = proto::read_resource::Request {
            type_name: SECRET.to_owned(),
            current_state: Some(value(state)),
            ..Default::default()
        };
        async move { provider.read_resource(request).await.unwrap().into_inner() }
    };
    let answers = stream::iter(states).map(read).buffered(PARALLEL);
    let answers = answers.map(|answer| {
        assert_eq!(said(answer.diagnostics), []);
        json_of(answer.new_state.as_ref())
    });
    answers.collect().await
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

/// The largest resident memory of the process so far, in MiB; 0 where the system does not tell.
fn peak(session: &Session) -> f64 {
    let path = format!("/proc/{}/status", session.plugin.process.id());
    let status = fs::read_to_string(path).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
