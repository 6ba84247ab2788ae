//! What the process does, by its command line: it serves a provider until its host goes.

use std::env;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use thiserror::Error;

use super::arguments::{self, Command};
use super::connection::Presence;
use super::handshake::{self, Announcement, Launch, LaunchError};
use super::interrupt::Interrupts;
use super::listener::Listener;
use super::proto::tfplugin6::provider_server::Provider;
use super::tls::{Tls, TlsError};
use super::{log, panic, server};

/// Which provider this process is.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The provider's type, `ibm`: the prefix of its resource types.
    pub name: &'static str,
    /// The source address by which configurations name the provider.
    pub address: &'static str,
    /// The released version.
    pub version: &'static str,
}

/// Terraform connects within milliseconds and keeps its connection for life. With
/// nobody there for this long, it is dead.
const ABANDONED: Duration = Duration::from_secs(30);

/// Requests wait for the network, but ten of them decode and encode at once.
const WORKERS: usize = 2;

/// Why the process ends with a message and without success.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Arguments(#[from] arguments::UnknownArgument),
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error("the runtime did not start: {0}")]
    Runtime(#[source] io::Error),
    #[error(
        "there is no place to listen at: {0}; on Unix, TMPDIR has to name a directory that exists, \
         can be written to and has a path shorter than 70 characters"
    )]
    Listen(#[source] io::Error),
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] TlsError),
    #[error("stdout could not be written: {0}")]
    Print(#[source] io::Error),
    #[error("serving failed: {0}")]
    Serve(#[from] tonic::transport::Error),
    #[error("serving ended with a panic")]
    Panic,
}

/// Carries out the command line, which is to serve `provider` until the host
/// sends `Shutdown` or, with `--debug`, until an interrupt.
///
/// Returns the exit code; every message has been printed by then.
pub fn main<P: Provider>(identity: Identity, provider: P) -> ExitCode {
    panic::install();
    let arguments = env::args_os().skip(1);
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    // Lossy: a broken variable has to be seen as broken, and not as absent.
    let variable = |name: &str| Some(env::var_os(name)?.to_string_lossy().into_owned());
    let outcome =
        Command::parse(arguments).map_err(Failure::from).and_then(|command| match command {
            Command::Serve => {
                let launch = Launch::from_env(variable)?;
                log::install(log::threshold(identity.name, variable));
                run(serve(launch, provider))
            }
            Command::Debug => {
                log::install(log::threshold(identity.name, variable));
                run(serve_debug(identity, provider))
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
async fn serve<P: Provider>(launch: Launch, provider: P) -> Result<(), Failure> {
    // Terraform gets the same interrupt and sends `StopProvider` when it has
    // decided what to do about it.
    let _swallowed = Interrupts::catch().map_err(Failure::Runtime)?;
    let listener = Listener::bind(&launch).map_err(Failure::Listen)?;
    let tls = launch.client_certificate.map(Tls::pinned_to).transpose()?;
    print(Announcement {
        address: &listener.address().map_err(Failure::Listen)?,
        certificate: tls.as_ref().map(Tls::certificate),
        mention_multiplexing: launch.asks_for_multiplexing,
    })?;
    let presence = Presence::new();
    let watched = presence.clone();
    let abandoned = async move {
        watched.nobody_for(ABANDONED).await;
        tracing::warn!("nobody is connected any more; Terraform must be gone");
    };
    in_background(server::serve(listener, tls, presence, provider, abandoned)).await
}

/// Serves whoever attaches, in plaintext, until an interrupt.
async fn serve_debug<P: Provider>(identity: Identity, provider: P) -> Result<(), Failure> {
    let mut interrupts = Interrupts::catch().map_err(Failure::Runtime)?;
    let listener = Listener::bind(&Launch::default()).map_err(Failure::Listen)?;
    let address = listener.address().map_err(Failure::Listen)?;
    let reattach = handshake::reattach(identity.address, std::process::id(), &address);
    print(format_args!(
        "The provider is running. To attach Terraform to it, set in the shell that runs Terraform:\n\n\
         \t{reattach}\n\n\
         An interrupt (Ctrl-C) ends it."
    ))?;
    let end = async move { interrupts.next().await };
    in_background(server::serve(listener, None, Presence::new(), provider, end)).await
}

/// Runs `work` on the workers, so that a panic in it is an ordinary failure here.
async fn in_background(
    work: impl Future<Output = Result<(), tonic::transport::Error>> + Send + 'static,
) -> Result<(), Failure> {
    match tokio::spawn(work).await {
        Ok(served) => Ok(served?),
        Err(_) => Err(Failure::Panic),
    }
}

/// Runs `work` to its end and waits for nothing else.
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
        "{program} {version}, a Terraform provider. Terraform starts it by itself.\n\n\
         --debug    serve whoever attaches, and print how to attach\n\
         --version  print the version\n\
         --help     print this text",
        program = program(identity),
        version = identity.version,
    )
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_panic_while_serving_is_a_failure_like_others() {
        let outcome = run(in_background(async { panic!("on purpose") }));
        assert!(matches!(outcome, Err(Failure::Panic)), "{outcome:?}");
    }

    #[test]
    fn the_end_waits_for_no_blocking_call() {
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
        // The other end is there as long as the call is running.
        assert_eq!(release.send(()), Ok(()));
    }
}
