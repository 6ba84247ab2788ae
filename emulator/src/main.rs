//! Arguments in, first screen out, serve until interrupted.

mod banner;

use clap::Parser;
use ibm_sm_emulator::{Emulator, Options};
use std::io::Write as _;
use std::net::SocketAddr;

/// IBM Cloud Secrets Manager (IAM credentials) and IAM on this machine, in memory.
///
/// Starts with one account, one instance and a few identities, and prints the environment that
/// points clients at it.
#[derive(Parser)]
#[command(version, about, long_about = None)]
struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8484", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Write a line for every request to stderr
    #[arg(long)]
    log: bool,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let emulator = Emulator::start(Options {
        listen: arguments.listen,
        log: arguments.log,
        ..Options::default()
    })
    .await?;
    if !emulator.address.ip().is_loopback() {
        eprintln!(
            "warning: {} can be reached from other machines, and the keys of this emulator are public",
            emulator.address
        );
    }
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(banner::text(&emulator.url()).as_bytes())?;
    stdout.flush()?;
    drop(stdout);
    tokio::signal::ctrl_c().await?;
    Ok(())
}
