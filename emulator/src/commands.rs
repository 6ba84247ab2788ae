//! The commands beside the plain start: what they are called, and what they print.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use clap_complete::Shell;
use ibm_sm_emulator::exports::Client;
use ibm_sm_emulator::remote::Remote;
use ibm_sm_emulator::samples::Sample;
use std::path::PathBuf;

/// What to do instead of starting an emulator.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print what a client must export to use a running emulator, for `eval`
    Env {
        /// The client
        client: Client,
        /// By the emulator's proxy, with IBM's own host names
        #[arg(long)]
        proxy: bool,
        #[command(flatten)]
        at: At,
    },
    /// Succeed if an emulator is running
    Healthz {
        #[command(flatten)]
        at: At,
    },
    /// Save the state of a running emulator; the file holds keys, and only you can read it
    Snapshot {
        /// The file, as JSON; replaced if it exists
        file: PathBuf,
        #[command(flatten)]
        at: At,
    },
    /// Replace the state of a running emulator by a snapshot or a seed
    Restore {
        /// The file, as JSON or (.toml) TOML
        file: PathBuf,
        #[command(flatten)]
        at: At,
    },
    /// Print a sample for --seed or `restore`, as TOML
    Seed {
        /// The sample
        name: Sample,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Where the emulator is.
#[derive(Args)]
pub(crate) struct At {
    /// Where it is
    #[arg(long, env = "EMULATOR_URL", default_value = "http://127.0.0.1:8484")]
    url: String,
}

/// Runs a command of the program with these arguments; returns what it prints.
pub(crate) async fn run(command: Command, mut program: clap::Command) -> anyhow::Result<String> {
    match command {
        Command::Env { client, proxy, at } => Remote::at(&at.url)?.env(client, proxy).await,
        Command::Healthz { at } => {
            Remote::at(&at.url)?.healthz().await?;
            Ok("ok\n".to_owned())
        }
        Command::Snapshot { file, at } => {
            Remote::at(&at.url)?.snapshot(&file).await?;
            Ok(format!("The state of {} is saved in {}.\n", at.url, file.display()))
        }
        Command::Restore { file, at } => {
            Remote::at(&at.url)?.restore(&file).await?;
            Ok(format!("The state of {} is that of {}.\n", at.url, file.display()))
        }
        Command::Seed { name } => Ok(name.text_now()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            let name = program.get_name().to_owned();
            clap_complete::generate(shell, &mut program, name, &mut script);
            String::from_utf8(script).context("the completions are not a text")
        }
    }
}
