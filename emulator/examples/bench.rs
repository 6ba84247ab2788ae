//! Measures start time, memory and requests per second. Takes the path of the binary.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement ends by panicking"
)]

use ibm_sm_emulator::seed;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const SECRETS: usize = 10_000;
const REQUESTS: usize = 20_000;
const CONNECTIONS: usize = 8;
const STARTS: u32 = 20;

struct Target {
    process: Child,
    url: String,
}

impl Target {
    fn start(binary: &str, arguments: &[&str]) -> Self {
        let mut process = Command::new(binary)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(value) = line.strip_prefix("export EMULATOR_URL=") {
                url = value.to_owned();
            }
            if line == "ready" {
                break;
            }
        }
        Self { process, url }
    }

    /// The resident memory in KiB, from Linux.
    fn memory(&self) -> Option<u64> {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Clone)]
struct Caller {
    http: Client,
    base: String,
    token: String,
}

impl Caller {
    async fn new(url: &str) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = Client::builder().no_proxy().build().unwrap();
        let form = [
            ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
            ("apikey", seed::BOOTSTRAP_API_KEY),
        ];
        let token = http.post(format!("{url}/identity/token")).form(&form).send().await.unwrap();
        let token: Value = token.json().await.unwrap();
        Self {
            http,
            base: format!("{url}/instances/{}/api/v2", seed::INSTANCE_ID),
            token: token["access_token"].as_str().unwrap().to_owned(),
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request =
            self.http.request(method, format!("{}/{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or(Value::Null)
    }

    /// Sends `total` requests over all connections, and returns how long they took.
    async fn many<F, R>(&self, total: usize, call: F) -> Duration
    where
        F: Fn(Self, usize) -> R + Clone + Send + 'static,
        R: Future<Output = ()> + Send,
    {
        let next = Arc::new(AtomicUsize::new(0));
        let start = Instant::now();
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (caller, next, call) = (self.clone(), Arc::clone(&next), call.clone());
                tokio::spawn(async move {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= total {
                            break;
                        }
                        call(caller.clone(), number).await;
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        start.elapsed()
    }
}

fn secret(number: usize) -> Value {
    json!({
        "secret_type": "iam_credentials",
        "name": format!("secret-{number:05}"),
        "description": "A secret of the usual size",
        "labels": ["dev", "us-south"],
        "ttl": "90d",
        "reuse_api_key": true,
        "service_id": seed::STATIC_SERVICE_ID,
        "rotation": { "auto_rotate": true, "interval": 1, "unit": "month" },
        "custom_metadata": { "owner": "team-a" },
    })
}

fn print_rate(what: &str, count: usize, took: Duration) {
    let rate = count as f64 / took.as_secs_f64();
    println!("{what:<44} {rate:>9.0} requests/s");
}

fn print_memory(what: &str, target: &Target) -> u64 {
    let kib = target.memory().unwrap_or(0);
    println!("{what:<44} {:>9.1} MiB", kib as f64 / 1024.0);
    kib
}

async fn measure(binary: &str, arguments: &[&str]) {
    let target = Target::start(binary, arguments);
    let idle = print_memory("memory when idle", &target);
    let caller = Caller::new(&target.url).await;
    let engine = json!({
        "config_type": "iam_credentials_configuration", "name": "engine", "api_key": seed::ENGINE_API_KEY,
    });
    caller.call(Method::POST, "configurations", Some(engine)).await;
    let took = caller
        .many(SECRETS, |caller, number| async move {
            let made = caller.call(Method::POST, "secrets", Some(secret(number))).await;
            let path = format!("secrets/{}", made["id"].as_str().unwrap());
            caller.call(Method::GET, &path, None).await;
        })
        .await;
    print_rate("create a secret, and read its key", 2 * SECRETS, took);
    let full = print_memory("memory with 10,000 secrets and keys", &target);
    let each = full.saturating_sub(idle) as f64 / SECRETS as f64;
    println!("{:<44} {each:>9.1} KiB", "memory per secret, including its journal");
    let list = caller.call(Method::GET, "secrets?limit=1000", None).await;
    let id = list["secrets"][0]["id"].as_str().unwrap().to_owned();
    for (what, path) in [
        ("read metadata", format!("secrets/{id}/metadata")),
        ("read a key", format!("secrets/{id}")),
    ] {
        let took = caller
            .many(REQUESTS, move |caller, _| {
                let path = path.clone();
                async move {
                    caller.call(Method::GET, &path, None).await;
                }
            })
            .await;
        print_rate(what, REQUESTS, took);
    }
    let start = Instant::now();
    for _ in 0..20 {
        caller.call(Method::GET, "secrets?limit=1000", None).await;
    }
    let each = start.elapsed().as_secs_f64() * 1000.0 / 20.0;
    println!("{:<44} {each:>9.1} ms", "list 1,000 of 10,000");
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let Some(binary) = std::env::args().nth(1) else {
        println!("usage: bench PATH-OF-THE-BINARY");
        std::process::exit(2);
    };
    let start = Instant::now();
    for _ in 0..STARTS {
        drop(Target::start(&binary, &[]));
    }
    let each = start.elapsed().as_secs_f64() * 1000.0 / f64::from(STARTS);
    println!("{:<44} {each:>9.1} ms", "start to ready");
    println!("\nin memory");
    measure(&binary, &[]).await;
    let folder = tempfile::tempdir().unwrap();
    println!("\nwith --data: every acknowledged write is on disk");
    measure(&binary, &["--data", folder.path().to_str().unwrap()]).await;
}
