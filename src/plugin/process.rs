//! Runs the command line: serves a provider until its host is gone.

use std::env;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use thiserror::Error;

use super::arguments::{self, Command};
use super::connection::OpenConnections;
use super::handshake::{self, Announcement, Launch, LaunchError};
use super::interrupt::{Interrupts, Terminations};
use super::listener::Listener;
use super::rpc::Rpc;
use super::tls::{Tls, TlsError};
use super::{log, panic, server};
use crate::framework::provider::Provider;

/// Which provider this process is.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The provider's type, `ibm`: the prefix of its resource types.
    pub name: &'static str,
    /// The source address that configurations give for the provider.
    pub address: &'static str,
    /// The released version.
    pub version: &'static str,
    /// The line of the usage about what else the program does.
    pub command: &'static str,
}

/// Terraform connects within milliseconds. After this long without a first
/// connection, it must have died.
const NEVER_CONNECTED: Duration = Duration::from_secs(30);

/// Terraform stays connected while it runs. After this long without the connection,
/// it must have been killed.
const DISCONNECTED: Duration = Duration::from_secs(2);

/// Calls mostly wait for the network, but ten of them encode and decode at once.
const WORKERS: usize = 2;

/// Why the process fails; the message that it prints.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Arguments(#[from] arguments::UnknownArgument),
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error("cannot start the runtime: {0}")]
    Runtime(#[source] io::Error),
    #[error(
        "cannot create the socket: {0}; on Unix, TMPDIR must name a directory that exists, is \
         writable and has a path shorter than 70 characters"
    )]
    Listen(#[source] io::Error),
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] TlsError),
    #[error("cannot write to stdout: {0}")]
    Print(#[source] io::Error),
    #[error("serving failed: {0}")]
    Serve(#[from] tonic::transport::Error),
    #[error("the server panicked")]
    Panic,
}

/// Runs the command line: by default, serves `provider` until the host calls
/// `Shutdown`, and with `--debug` until an interrupt.
///
/// Returns the exit code; every message has been printed by then.
pub fn main<P: Provider>(identity: Identity, provider: P) -> ExitCode {
    panic::install();
    let arguments = env::args_os().skip(1);
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    // Lossy, so that a variable that is not UTF-8 is invalid instead of unset.
    let variable = |name: &str| Some(env::var_os(name)?.to_string_lossy().into_owned());
    let known_secrets = provider.known_secrets().clone();
    let outcome =
        Command::parse(arguments).map_err(Failure::from).and_then(|command| match command {
            Command::Serve => {
                let launch = Launch::from_env(variable)?;
                log::install(log::threshold(identity.name, variable), known_secrets);
                run(serve(launch, Rpc::new(provider, identity.address)))
            }
            Command::Debug => {
                log::install(log::threshold(identity.name, variable), known_secrets);
                run(serve_debug(identity, Rpc::new(provider, identity.address)))
            }
            Command::Version => print(format_args!("{} {}", program(identity), identity.version)),
            Command::Help => print(usage(identity)),
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Serves the Terraform process that started us.
async fn serve<P: Provider>(launch: Launch, rpc: Rpc<P>) -> Result<(), Failure> {
    // Terraform gets the same interrupt and sends `StopProvider` when it has
    // decided what to do about it.
    let _caught = Interrupts::catch().map_err(Failure::Runtime)?;
    let listener = Listener::bind(&launch).map_err(Failure::Listen)?;
    let tls = launch.client_certificate.map(Tls::pinned_to).transpose()?;
    print(Announcement {
        address: &listener.address().map_err(Failure::Listen)?,
        certificate: tls.as_ref().map(Tls::certificate),
        mention_multiplexing: launch.asks_for_multiplexing,
    })?;
    let open = OpenConnections::new();
    let watched = open.clone();
    let mut terminations = Terminations::catch().map_err(Failure::Runtime)?;
    let end = async move {
        tokio::select! {
            () = watched.none_for(NEVER_CONNECTED, DISCONNECTED) => {
                tracing::warn!("no connection is left; Terraform must have ended");
            }
            () = terminations.next() => tracing::warn!("the process was told to terminate"),
        }
    };
    in_background(server::serve(listener, tls, open, rpc, end)).await
}

/// Serves whoever attaches, in plaintext, until an interrupt.
async fn serve_debug<P: Provider>(identity: Identity, rpc: Rpc<P>) -> Result<(), Failure> {
    let mut interrupts = Interrupts::catch().map_err(Failure::Runtime)?;
    let listener = Listener::bind(&Launch::default()).map_err(Failure::Listen)?;
    let address = listener.address().map_err(Failure::Listen)?;
    let reattach = handshake::reattach(identity.address, std::process::id(), &address);
    print(format_args!(
        "The provider is running. To attach Terraform to it, set in the shell that runs Terraform:\n\n\
         \t{reattach}\n\n\
         Press Ctrl-C to stop it."
    ))?;
    let mut terminations = Terminations::catch().map_err(Failure::Runtime)?;
    let end = async move {
        tokio::select! {
            () = interrupts.next() => {}
            () = terminations.next() => {}
        }
    };
    in_background(server::serve(listener, None, OpenConnections::new(), rpc, end)).await
}

/// Runs `work` on a worker thread, so that a panic in it becomes an ordinary failure.
async fn in_background(
    work: impl Future<Output = Result<(), tonic::transport::Error>> + Send + 'static,
) -> Result<(), Failure> {
    match tokio::spawn(work).await {
        Ok(served) => Ok(served?),
        Err(_) => Err(Failure::Panic),
    }
}

/// Runs `work` to completion, without waiting for other tasks.
fn run(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

/// Writes one message to stdout. Nothing else in the program writes there.
fn print(message: impl Display) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{message}").and_then(|()| stdout.flush()).map_err(Failure::Print)
}

fn program(identity: Identity) -> String {
    format!("terraform-provider-{}", identity.name)
}

fn usage(identity: Identity) -> String {
    format!(
        "{program} {version}, a Terraform provider, which Terraform starts.\n\n\
         {command}\n\
         --debug    serve any Terraform that attaches, and print how to attach\n\
         --version  print the version\n\
         --help     print this help",
        program = program(identity),
        version = identity.version,
        command = identity.command,
    )
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_panic_while_serving_is_an_ordinary_failure() {
        let outcome = run(in_background(async { panic!("on purpose") }));
        assert!(matches!(outcome, Err(Failure::Panic)), "{outcome:?}");
    }

    #[test]
    fn the_end_does_not_wait_for_blocking_calls() {
        let (release, blocked) = mpsc::channel();
        let (started, running) = mpsc::channel();
        let outcome = run(async move {
            tokio::task::spawn_blocking(move || {
                started.send(()).unwrap();
                blocked.recv_timeout(Duration::from_secs(30))
            });
            running.recv().unwrap();
            Ok(())
        });
        assert!(outcome.is_ok(), "{outcome:?}");
        // Sending succeeds only while the blocking call is still running.
        assert_eq!(release.send(()), Ok(()));
    }
}
