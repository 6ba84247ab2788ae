//! What the provider costs: `make bench` runs it, docs/performance.md explains it.
//!
//! `PROVIDER_BINARY` is the provider, beside the emulator. `QUICK=1` measures less, `SIZES` names the
//! numbers of secrets, `BLOCKS` the number of resource blocks they are in, `ROUNDS` how often each plan is
//! made. Terraform starts this program once more as the launcher of the provider.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement ends by panicking, and its result is printed"
)]

use serde_json::json;
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod emulator;
mod launcher;
mod protocol;
mod report;
#[allow(dead_code, reason = "this program needs only a part of it")]
#[path = "../tests/support/mod.rs"]
mod support;
mod terraform;

use emulator::{Emulator, Network};
use report::Report;
use terraform::{Cost, Folder};

/// The plans, with their arguments.
const PLANS: [(&str, &[&str]); 3] = [
    ("no-op plan", &["plan", "-input=false"]),
    ("plan with one change", &["plan", "-input=false", "-var", "note=changed"]),
    ("refresh-only plan", &["plan", "-input=false", "-refresh-only"]),
];
const APPLY: [&str; 3] = ["apply", "-auto-approve", "-input=false"];
const DESTROY: [&str; 3] = ["destroy", "-auto-approve", "-input=false"];
const NETWORKS: [Network; 3] = [Network::Local, Network::Slow, Network::Limited];

/// How much is measured.
struct Extent {
    sizes: Vec<usize>,
    blocks: usize,
    rounds: usize,
    starts: usize,
}

fn main() -> ExitCode {
    if let Some(provider) = env::var_os(launcher::PROVIDER) {
        return launcher::run(Path::new(&provider));
    }
    let quick = env::var_os("QUICK").is_some();
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<usize>().unwrap());
    let sizes = env::var("SIZES").ok();
    let sizes = sizes.as_deref().unwrap_or(if quick { "10 100" } else { "10 100 1000" });
    let extent = Extent {
        sizes: sizes.split_whitespace().map(|size| size.parse().unwrap()).collect(),
        blocks: number("BLOCKS").unwrap_or(1),
        rounds: number("ROUNDS").unwrap_or(3),
        starts: if quick { 20 } else { 100 },
    };
    let provider = env::var_os("PROVIDER_BINARY").expect("PROVIDER_BINARY names the provider");
    let provider = PathBuf::from(provider).canonicalize().unwrap();
    let emulator = provider.with_file_name("ibm-sm-emulator");
    let mut report = Report::new();
    let secrets: &[usize] = if quick { &[100] } else { &[1000, 5000] };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(protocol::measure(
        &mut report,
        &provider,
        &Emulator::start(&emulator),
        extent.starts,
        secrets,
    ));
    for &size in &extent.sizes {
        measure(&mut report, &provider, &emulator, size, &extent);
    }
    report.write("target/bench.json");
    ExitCode::SUCCESS
}

/// The runs with this number of secrets, and those with as many `terraform_data`.
fn measure(report: &mut Report, provider: &Path, emulator: &Path, size: usize, extent: &Extent) {
    let work = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(emulator);
    let blocks = extent.blocks;
    let folder = |name, configuration: &str| {
        Folder::new(work.path(), name, configuration, provider, &emulator)
    };
    let ours = folder("ours", &terraform::secrets(size, blocks));
    let data = folder("data", &terraform::data(size, blocks));
    data.initialize();
    let place = |network: Network, of: &str| {
        [
            ("secrets", json!(size)),
            ("blocks", json!(blocks)),
            ("of", json!(of)),
            ("network", json!(network.to_string())),
        ]
    };
    report.head(&format!("{size} secrets in {blocks} block(s)"));
    let mut row = |what: &str, network: Network, of: &str, costs: &[Cost]| {
        let title = match (network, of) {
            (Network::Local, "secrets") => what.to_owned(),
            (Network::Local, of) => format!("  {of}"),
            (network, _) => format!("{what}, {network}"),
        };
        report.runs(&title, what, &place(network, of), costs);
    };

    row("apply", Network::Local, "secrets", &[ours.run(&APPLY)]);
    row("apply", Network::Local, "terraform_data", &[data.run(&APPLY)]);
    for (what, arguments) in PLANS {
        let without: Vec<&str> = arguments.iter().copied().chain(["-refresh=false"]).collect();
        let is_refresh_only = arguments.contains(&"-refresh-only");
        let (mut by_network, mut unrefreshed, mut others) = (vec![vec![]; 3], vec![], vec![]);
        // One after the other in each round, so that all meet the same load of the machine.
        for _ in 0..extent.rounds {
            for (network, costs) in NETWORKS.into_iter().zip(&mut by_network) {
                emulator.behind(network);
                costs.push(ours.run(arguments));
            }
            emulator.behind(Network::Local);
            if !is_refresh_only {
                unrefreshed.push(ours.run(&without));
            }
            others.push(data.run(arguments));
        }
        for (network, costs) in NETWORKS.into_iter().zip(&by_network) {
            row(what, network, "secrets", costs);
        }
        if !is_refresh_only {
            row(what, Network::Local, "-refresh=false", &unrefreshed);
        }
        row(what, Network::Local, "terraform_data", &others);
    }
    row("destroy", Network::Local, "secrets", &[ours.run(&DESTROY)]);
    row("destroy", Network::Local, "terraform_data", &[data.run(&DESTROY)]);
    emulator.behind(Network::Slow);
    row("apply", Network::Slow, "secrets", &[ours.run(&APPLY)]);
    row("destroy", Network::Slow, "secrets", &[ours.run(&DESTROY)]);
}
