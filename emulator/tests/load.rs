//! Load, and clients that are slow or idle by the thousand: everybody else is answered, and memory and
//! descriptors come back.
//!
//! It does not use the ordinary test harness, because it starts itself once more as the emulator, whose
//! memory and descriptors are then counted apart from the test's, and whose patience is short.
//!
//! `make load` sets `LOAD_SECONDS`: 500 requests a second for so long. Otherwise it is a fixed number, as
//! fast as they are answered.
#![cfg_attr(
    not(target_os = "linux"),
    allow(unused, reason = "what a process uses is read from /proc")
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and the figures are printed"
)]
#![allow(unreachable_pub, reason = "the helpers are for several binaries")]

#[path = "support/lab.rs"]
#[allow(dead_code, reason = "shared with the contract tests")]
mod lab;

use ibm_sm_emulator::{Emulator, Options};
use lab::{Lab, static_secret};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::env;
use std::io::{BufRead as _, BufReader, Read as _, stdin};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

/// Tells this program to be the emulator, and how many entries its journal keeps.
const JOURNAL: &str = "LOAD_TEST_JOURNAL";
/// The folder of its state, if it has one.
const DATA: &str = "LOAD_TEST_DATA";
/// The lives of secrets in a run that is part of the tests, and in the warm-up before it.
const LIVES: usize = 40;
/// The requests of a life.
const REQUESTS: usize = 10;
/// How many lives are under way at once.
const WORKERS: usize = 8;
/// The requests of a second in a long run.
const RATE: usize = 500;
/// The most by which the emulator's memory may grow after the warm-up, in KiB: what allocators keep.
const GROWTH: u64 = 8 * 1024;
/// How many clients of each slow kind there are.
const CROWD: usize = 180;
/// How many of all of them are there at once, at least.
const THOUSAND: usize = 1_000;
/// The most that each of them may cost, in KiB.
const EACH: u64 = 96;

fn main() -> ExitCode {
    if let Ok(journal) = env::var(JOURNAL) {
        return serve(journal.parse().unwrap());
    }
    let trials = vec![
        trial("load_in_memory_is_answered_with_steady_memory", || load(None)),
        trial("load_on_disk_is_answered_with_steady_memory", || async {
            let folder = tempfile::tempdir().unwrap();
            load(Some(folder.path())).await;
        }),
        trial("slow_clients_by_the_thousand_hold_nobody_up_and_leave_nothing", slow_clients),
        trial("more_connections_than_descriptors_wait", few_descriptors),
    ];
    // One after the other, so that each has the machine to itself.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial<F: Future<Output = ()>>(name: &str, run: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::test(name, move || {
        runtime().block_on(run());
        Ok::<(), Failed>(())
    })
    .with_ignored_flag(!cfg!(target_os = "linux"))
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Runs the emulator until standard input ends.
fn serve(journal_capacity: usize) -> ExitCode {
    runtime().block_on(async {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let emulator = Emulator::start(Options {
            tls_listen: Some(free),
            proxy_listen: Some(free),
            data_folder: env::var_os(DATA).map(Into::into),
            journal_capacity,
            patience: Duration::from_secs(3),
            ..Options::default()
        })
        .await
        .unwrap();
        let (tls, proxy) = (emulator.tls_address.unwrap(), emulator.proxy_address.unwrap());
        println!("{} {tls} {proxy}", emulator.url());
        tokio::task::spawn_blocking(|| stdin().read_to_end(&mut Vec::new()))
            .await
            .unwrap()
            .unwrap();
    });
    ExitCode::SUCCESS
}

/// An emulator in a process of its own; ended when dropped.
struct Process {
    child: Child,
    url: String,
    tls: String,
    proxy: String,
}

impl Process {
    fn start(descriptors: usize, journal: usize, data: Option<&Path>) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -S -n {descriptors}; exec \"$0\"")]);
        command.arg(env::current_exe().unwrap()).env(JOURNAL, journal.to_string());
        if let Some(folder) = data {
            command.env(DATA, folder);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut next = || words.next().unwrap();
        Self { child, url: next(), tls: next(), proxy: next() }
    }

    /// Its resident memory in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// How many descriptors it has open.
    fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whom each request asks whether it may go.
struct Pace(Option<Semaphore>);

impl Pace {
    async fn wait(&self) {
        if let Some(permits) = &self.0 {
            permits.acquire().await.unwrap().forget();
        }
    }
}

async fn load(data: Option<&Path>) {
    let seconds = env::var("LOAD_SECONDS").ok().map(|text| text.parse::<usize>().unwrap());
    let lives = seconds.map_or(LIVES, |seconds| (seconds * RATE).div_ceil(REQUESTS));
    // The warm-up fills the journal, which is all that grows.
    let process = Process::start(1024, LIVES * REQUESTS / 2, data);
    let lab = Arc::new(Lab::at(process.url.clone()).await);
    lab.configure().await;
    live(&lab, LIVES, Arc::new(Pace(None))).await;
    let before = process.memory();
    let pace = Arc::new(Pace(seconds.map(|_| Semaphore::new(0))));
    let ticker = tokio::spawn({
        let pace = Arc::clone(&pace);
        async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(20));
            while let Some(permits) = &pace.0 {
                ticks.tick().await;
                permits.add_permits(RATE / 50);
            }
        }
    });
    let start = Instant::now();
    live(&lab, lives, pace).await;
    let took = start.elapsed().as_secs_f64();
    ticker.abort();
    let after = process.memory();
    let rate = (lives * REQUESTS) as f64 / took;
    println!(
        "{} requests, 0 failed, {rate:.0} a second; memory {before} KiB, then {after} KiB; data: {}",
        lives * REQUESTS,
        data.is_some()
    );
    assert!(after <= before + GROWTH, "memory grew from {before} to {after} KiB");
    assert!(seconds.is_none() || rate > 0.98 * RATE as f64, "{rate} requests a second");
    let left = lab.get("secrets").await.expect(200);
    assert_eq!(left.at("total_count"), 0);
    assert_eq!(lab.engine_objects().await, Vec::<String>::new());
}

/// Lives of secrets, several at once.
async fn live(lab: &Arc<Lab>, lives: usize, pace: Arc<Pace>) {
    let next = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (lab, next, pace) = (Arc::clone(lab), Arc::clone(&next), Arc::clone(&pace));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= lives {
                        break;
                    }
                    life(&lab, &format!("s{number}"), &pace).await;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
}

/// One secret from its creation to its end, in ten requests whose answers are checked.
async fn life(lab: &Lab, name: &str, pace: &Pace) {
    pace.wait().await;
    let lab = lab.with_new_token().await;
    pace.wait().await;
    let made = lab.post("secrets", static_secret(name, true)).await.expect(201);
    let path = format!("secrets/{}", made.text("id"));
    pace.wait().await;
    let first = lab.get(&path).await.expect(200);
    assert_eq!(first.text("name"), name);
    pace.wait().await;
    let found = lab.get(&format!("secrets?search={name}&limit=10")).await.expect(200);
    let found = found.at("secrets").as_array().unwrap();
    assert!(found.iter().any(|secret| secret["id"] == *made.at("id")));
    pace.wait().await;
    let rotated = lab.post(&format!("{path}/versions"), json!({})).await.expect(201);
    assert_ne!(rotated.at("api_key"), first.at("api_key"));
    pace.wait().await;
    let second = lab.get(&path).await.expect(200);
    assert_eq!(second.at("api_key"), rotated.at("api_key"));
    pace.wait().await;
    assert!(lab.accepts(second.text("api_key")).await);
    pace.wait().await;
    lab.get(&format!("{path}/metadata")).await.expect(200);
    pace.wait().await;
    lab.delete(&path).await.expect(204);
    pace.wait().await;
    lab.get(&path).await.expect(404);
}

/// What each kind of slow client sends at once, whether it goes on with a byte at a time, and where.
fn kinds(process: &Process) -> Vec<(&str, String, bool)> {
    let http = process.url.strip_prefix("http://").unwrap();
    let answer = "GET /_emulator/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let connect = "CONNECT iam.cloud.ibm.com:443 HTTP/1.1\r\nHost: iam.cloud.ibm.com:443\r\n\r\n";
    let body = |path| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{{"
        )
    };
    vec![
        (http, String::new(), false),
        (http, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".to_owned(), true),
        (http, body("/identity/token"), true),
        (http, body("/_emulator/faults"), true),
        (http, answer.repeat(500), false),
        // The first bytes of a ClientHello.
        (&process.tls, "\u{16}\u{3}\u{1}".to_owned(), true),
        (&process.proxy, connect.to_owned(), false),
    ]
}

async fn slow_clients() {
    raise_own_limit();
    let process = Process::start(4096, 10, None);
    let lab = Lab::at(process.url.clone()).await;
    let (memory, descriptors) = (process.memory(), process.descriptors());
    let over = Arc::new(AtomicBool::new(false));
    let mut clients = Vec::new();
    let mut connected = Vec::new();
    for (address, first, drips) in kinds(&process) {
        for _ in 0..CROWD {
            connected.push((TcpStream::connect(address).await.unwrap(), first.clone(), drips));
        }
    }
    for (mut stream, first, drips) in connected {
        let over = Arc::clone(&over);
        clients.push(tokio::spawn(async move {
            let mut pause = tokio::time::interval(Duration::from_millis(200));
            // It is not read, so this may never end.
            let written = stream.write_all(first.as_bytes());
            let _ = tokio::time::timeout(Duration::from_secs(1), written).await;
            while !over.load(Ordering::Relaxed) {
                pause.tick().await;
                if drips {
                    let _ = stream.write_all(b"x").await;
                }
            }
        }));
    }
    // They are all there, while requests go on being answered, until the emulator has let go of them.
    let (mut most, mut peak, mut answered) = (0, 0, 0);
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let state = lab.get("/_emulator/healthz").await.expect(200);
        assert_eq!(state.body, json!({ "status": "ok" }));
        answered += 1;
        peak = peak.max(process.memory());
        let now = process.descriptors();
        most = most.max(now);
        // The client that is answered may keep one connection more than before.
        if most > descriptors + THOUSAND && now <= descriptors + 1 {
            break;
        }
        assert!(
            Instant::now() < deadline,
            "{now} descriptors, {descriptors} before, {most} at most"
        );
    }
    over.store(true, Ordering::Relaxed);
    println!(
        "{} slow clients, up to {most} descriptors, then {}; {answered} requests answered; memory {memory} KiB, at most {peak} KiB",
        clients.len(),
        process.descriptors()
    );
    for client in &clients {
        client.abort();
    }
    let bound = memory + EACH * u64::try_from(clients.len()).unwrap();
    assert!(peak <= bound, "{peak} KiB");
    let _: Value = lab.get("/_emulator/state").await.expect(200).body;
}

/// This program's own descriptors: it is the other end of all connections.
fn raise_own_limit() {
    let pid = format!("--pid={}", std::process::id());
    let done = Command::new("prlimit").args([&pid, "--nofile=4096:"]).status().unwrap();
    assert!(done.success());
}

async fn few_descriptors() {
    let mut process = Process::start(256, 10, None);
    let address = process.url.strip_prefix("http://").unwrap().to_owned();
    let mut idle = Vec::new();
    for _ in 0..400 {
        idle.push(TcpStream::connect(&address).await.unwrap());
    }
    let mut errors = BufReader::new(process.child.stderr.take().unwrap());
    let mut line = String::new();
    errors.read_line(&mut line).unwrap();
    assert!(line.starts_with("warning: cannot accept connections for now"), "{line}");
    // Its connection is behind all others, and is accepted once they have been given up.
    Lab::at(process.url.clone()).await.get("/_emulator/healthz").await.expect(200);
    for mut stream in idle {
        // It ends, in order or not.
        let _ = stream.read(&mut [0]).await;
    }
    assert_eq!(process.child.try_wait().unwrap(), None);
}
