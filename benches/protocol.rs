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
    secrets: &[usize],
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
    let engine = json!({"config_type": "iam_credentials_configuration", "name": "engine",
                        "api_key": ENGINE_API_KEY});
    emulator.create("configurations", engine).await;
    let mut states = Vec::new();
    for &count in secrets {
        add(&emulator, &mut states, count).await;
        reads(report, &emulator, &states).await;
    }
}

/// Reads everything through a process of its own, with lists and without.
async fn reads(report: &mut Report, emulator: &Emulator, states: &[Value]) {
    for (how, bulk_read) in [("from lists", true), ("one by one", false)] {
        let (mut rates, mut cpu, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let session =
                Session::with_arguments(emulator, json!({ "bulk_read": bulk_read })).await;
            let before = cpu_milliseconds(&session);
            let start = Instant::now();
            let after = read_all(&session, states).await;
            rates.push(states.len() as f64 / start.elapsed().as_secs_f64());
            assert_eq!(after, states);
            cpu.push(cpu_milliseconds(&session) - before);
            peaks.push(peak(&session));
        }
        let what = format!("{} reads, {PARALLEL} at once, {how}", states.len());
        report.value(&what, "calls/s", Spread::of(rates));
        report.value(&format!("{what}: CPU"), "ms", Spread::of(cpu));
        report.value(&format!("{what}: memory"), "MiB", Spread::of(peaks));
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

/// Creates secrets until there are so many, and adds them as a state has them.
async fn add(emulator: &Emulator, states: &mut Vec<Value>, count: usize) {
    let mut new = Vec::new();
    for index in states.len()..count {
        let body = json!({"secret_type": "iam_credentials", "name": format!("s-{index}"),
                          "ttl": "90d", "reuse_api_key": true, "service_id": STATIC_SERVICE_ID});
        let made = emulator.create("secrets", body).await;
        let id = made["id"].as_str().unwrap();
        new.push(json!({"instance_id": INSTANCE_ID, "region": "us-south", "secret_id": id,
                        "id": format!("us-south/{INSTANCE_ID}/{id}")}));
    }
    let session = Session::with(emulator).await;
    states.extend(read_all(&session, &new).await);
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

/// The CPU time of the process so far, in ticks of 10 ms; 0 where the system does not tell.
fn cpu_milliseconds(session: &Session) -> f64 {
    let path = format!("/proc/{}/stat", session.plugin.process.id());
    let stat = fs::read_to_string(path).unwrap_or_default();
    // The name of the process ends with the last parenthesis; two numbers are counted from there.
    let numbers = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    numbers.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}

/// The largest resident memory of the process so far, in MiB; 0 where the system does not tell.
fn peak(session: &Session) -> f64 {
    let path = format!("/proc/{}/status", session.plugin.process.id());
    let status = fs::read_to_string(path).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
