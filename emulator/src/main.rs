//! The command line: parses arguments, and runs a command, or starts the emulator, prints the banner
//! and waits.

mod banner;
mod commands;

use clap::{CommandFactory as _, Parser};
use commands::Command;
use ibm_sm_emulator::exports::Client;
use ibm_sm_emulator::{Emulator, Handle, Options, seed};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Emulates IBM Cloud Secrets Manager (IAM credentials) and IAM on this machine.
///
/// Starts with one account, one instance and a few identities, and prints the environment that
/// points clients at it. State is kept in memory unless a data folder is given. The commands are for an
/// emulator that is running, and for before it does.
#[derive(Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8484", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// The initial state, as TOML or JSON, in the format of GET /_emulator/state
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Persist the state in this folder; a state found there takes precedence over the seed
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Serve IBM's host names over TLS here
    #[arg(long, value_name = "ADDRESS:PORT", requires = "tls_folder")]
    tls_listen: Option<SocketAddr>,
    /// Serve as an HTTP proxy here, for clients that hard-code IBM's host names
    #[arg(long, value_name = "ADDRESS:PORT", requires = "tls_folder")]
    proxy_listen: Option<SocketAddr>,
    /// Keep the certificate and its authority (ca.pem) in this folder; created on the first start
    #[arg(long, value_name = "FOLDER")]
    tls_folder: Option<PathBuf>,
    /// Also accept requests to this host name, such as that of a container; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Print what this client must export, instead of everything
    #[arg(long, value_name = "CLIENT")]
    print_env: Option<Client>,
    /// Log every request to stderr
    #[arg(long)]
    log: bool,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(command) = arguments.command {
        let done = commands::run(command, Arguments::command()).await.and_then(|text| print(&text));
        // One line, and no backtrace: commands are called by scripts.
        return Ok(done.map_or_else(
            |error| {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        ));
    }
    let state = match &arguments.seed {
        Some(path) => seed::read(path)?,
        None => seed::default_state(),
    };
    let ca_file = arguments.tls_folder.as_ref().map(|folder| folder.join("ca.pem"));
    let emulator = Emulator::start(Options {
        listen: arguments.listen,
        tls_listen: arguments.tls_listen,
        proxy_listen: arguments.proxy_listen,
        tls_folder: arguments.tls_folder,
        hosts: arguments.allow_host,
        data_folder: arguments.data.clone(),
        state,
        log: arguments.log,
        ..Options::default()
    })
    .await?;
    warn_of_visitors(&emulator);
    print(&match arguments.print_env {
        Some(client) => banner::of_client(&emulator, client),
        None => banner::text(&emulator, arguments.data.as_deref(), ca_file.as_deref()),
    })?;
    tokio::signal::ctrl_c().await?;
    Ok(ExitCode::SUCCESS)
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

fn warn_of_visitors(emulator: &Handle) {
    let addresses = [Some(emulator.address), emulator.tls_address, emulator.proxy_address];
    for address in addresses.into_iter().flatten() {
        if !address.ip().is_loopback() {
            eprintln!(
                "warning: {address} can be reached from other machines, and the keys of this emulator are public"
            );
        }
    }
}
