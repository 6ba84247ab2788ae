//! The host of a plugin process: starts the real binary as Terraform does, reads its
//! handshake, connects, and waits for it to exit (plugin-protocol.md 6.1).

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::net::Shutdown;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use ibm_sm_provider::plugin::proto::host::grpc_broker_client::GrpcBrokerClient;
use ibm_sm_provider::plugin::proto::host::grpc_controller_client::GrpcControllerClient;
use ibm_sm_provider::plugin::proto::host::grpc_stdio_client::GrpcStdioClient;
use ibm_sm_provider::plugin::proto::host::{ConnInfo, Empty, StdioData};
use ibm_sm_provider::plugin::proto::tfplugin6::provider_client::ProviderClient;
use rustls::pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};

use super::host_certificate::{HostCertificate, Peer};

/// The value that Terraform sets `TF_PLUGIN_MAGIC_COOKIE` to.
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Terraform kills a plugin that is still running this long after `Shutdown`.
const KILLED_AFTER: Duration = Duration::from_secs(2);

/// The limit for everything without a limit of its own. A test that reaches it fails.
const FOREVER: Duration = Duration::from_secs(30);

/// Waits for something that is due, and fails instead of hanging if it never comes.
pub(crate) async fn soon<T>(coming: impl Future<Output = T>) -> T {
    let come = timeout(FOREVER, coming).await;
    come.expect("it comes within half a minute")
}

/// How a plugin process is to be started.
pub(crate) struct Launch {
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
    certificate: HostCertificate,
    directory: TempDir,
}

impl Launch {
    /// As Terraform does: no arguments, and only the variables that it sets.
    pub(crate) fn by_terraform() -> Self {
        let certificate = HostCertificate::generate();
        let directory = tempfile::tempdir().unwrap();
        let variables = [
            ("TF_PLUGIN_MAGIC_COOKIE", COOKIE),
            ("PLUGIN_PROTOCOL_VERSIONS", "6,5"),
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
            ("PLUGIN_CLIENT_CERT", &certificate.pem()),
            ("TMPDIR", directory.path().to_str().unwrap()),
        ];
        Self {
            arguments: Vec::new(),
            variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            certificate,
            directory,
        }
    }

    /// As a developer does, with `--debug`.
    pub(crate) fn to_debug() -> Self {
        Self::by_terraform()
            .without("TF_PLUGIN_MAGIC_COOKIE")
            .without("PLUGIN_CLIENT_CERT")
            .without("PLUGIN_PROTOCOL_VERSIONS")
            .argument("--debug")
    }

    /// Adds an argument.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Sets a variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Removes a variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Starts the process and reads its handshake.
    pub(crate) async fn start(self) -> Plugin {
        let (mut process, certificate) = self.run();
        let line = process.line().await;
        let handshake = Handshake::parse(&line);
        Plugin { handshake, certificate, process, connections: Mutex::default() }
    }

    /// Starts the process without expecting a handshake.
    pub(crate) fn spawn(self) -> Process {
        self.run().0
    }

    fn run(self) -> (Process, HostCertificate) {
        let mut child = Command::new(binary())
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let process = Process {
            stdout: BufReader::new(child.stdout.take().unwrap()),
            // Always being read, as by Terraform, so that no write blocks.
            stderr: tokio::spawn(async move {
                let mut text = String::new();
                stderr.read_to_string(&mut text).await.unwrap();
                text
            }),
            child,
            directory: self.directory,
        };
        (process, self.certificate)
    }
}

/// The binary that Cargo has built for a test. A program that is not one names another.
fn binary() -> OsString {
    let built = option_env!("CARGO_BIN_EXE_terraform-provider-ibm").map(OsString::from);
    built.or_else(|| env::var_os("PROVIDER_BINARY")).expect("PROVIDER_BINARY names a binary")
}

/// A process of the plugin's binary, killed on drop.
pub(crate) struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: JoinHandle<String>,
    directory: TempDir,
}

/// How a process exited, and what it left.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) status: ExitStatus,
    /// The rest of stdout, after the lines that were read.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The names of files that it left in its temporary directory.
    pub(crate) left_behind: Vec<String>,
}

impl Process {
    /// The next line of stdout with its line break; empty after the last one.
    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        soon(self.stdout.read_line(&mut line)).await.unwrap();
        line
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it has not exited yet")
    }

    /// Sends SIGINT, as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.id().try_into().unwrap());
        rustix::process::kill_process(pid.unwrap(), signal).unwrap();
    }

    /// Waits for it to exit.
    pub(crate) async fn exit(self) -> Exit {
        self.exit_within(FOREVER).await
    }

    async fn exit_within(mut self, bound: Duration) -> Exit {
        let mut stdout = String::new();
        let ended = async {
            self.stdout.read_to_string(&mut stdout).await.unwrap();
            self.child.wait().await.unwrap()
        };
        let status = timeout(bound, ended).await.expect("the process exits");
        Exit {
            status,
            stdout,
            stderr: self.stderr.await.unwrap(),
            left_behind: entries(self.directory.path()),
        }
    }
}

fn entries(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

/// The fields of the handshake line.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) fields: Vec<String>,
}

impl Handshake {
    fn parse(line: &str) -> Self {
        let line = line.strip_suffix('\n').expect("the handshake ends with a line break");
        Self { fields: line.split('|').map(str::to_owned).collect() }
    }

    /// The path of the socket.
    pub(crate) fn socket(&self) -> &Path {
        assert_eq!(self.fields[2], "unix");
        Path::new(&self.fields[3])
    }

    /// The plugin's certificate, `None` if it serves plaintext.
    pub(crate) fn certificate(&self) -> Option<CertificateDer<'static>> {
        match self.fields[5].as_str() {
            "" => None,
            field => Some(STANDARD_NO_PAD.decode(field).unwrap().into()),
        }
    }
}

/// A plugin that has printed its handshake.
pub(crate) struct Plugin {
    pub(crate) handshake: Handshake,
    /// The certificate of the host that started it.
    pub(crate) certificate: HostCertificate,
    pub(crate) process: Process,
    /// A second handle of each connection made with TLS.
    connections: Mutex<Vec<StdUnixStream>>,
}

impl Plugin {
    /// Ends all connections at once, as the death of the host does.
    pub(crate) fn disconnect(&self) {
        for connection in self.connections.lock().unwrap().iter() {
            connection.shutdown(Shutdown::Both).unwrap();
        }
    }

    /// Connects as the handshake says and opens the auxiliary streams, as Terraform
    /// does.
    pub(crate) async fn connect(&self) -> Connection {
        let socket = self.handshake.socket();
        let channel = match self.handshake.certificate() {
            None => plaintext_channel(socket).await,
            Some(server) => {
                let stream = self.tls(&Peer::terraform(&self.certificate), server).await.unwrap();
                channel(stream).await
            }
        };
        Connection::over(channel).await
    }

    /// Performs the TLS handshake. With TLS 1.3, a refusal only shows at the first
    /// read.
    pub(crate) async fn tls(
        &self,
        peer: &Peer<'_>,
        server: CertificateDer<'static>,
    ) -> std::io::Result<TlsStream<UnixStream>> {
        let socket = UnixStream::connect(self.handshake.socket()).await?.into_std()?;
        self.connections.lock().unwrap().push(socket.try_clone()?);
        let socket = UnixStream::from_std(socket)?;
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(peer.config(server));
        soon(connector.connect(name, socket)).await
    }

    /// Waits for it to exit, as long as Terraform waits before it kills a plugin.
    pub(crate) async fn exit_in_time(self) -> Exit {
        self.process.exit_within(KILLED_AFTER).await
    }
}

/// A connection with the streams that Terraform opens on it.
pub(crate) struct Connection {
    /// For calls to any path.
    pub(crate) channel: Channel,
    pub(crate) provider: ProviderClient<Channel>,
    pub(crate) stdio: Streaming<StdioData>,
    pub(crate) broker: Streaming<ConnInfo>,
}

impl Connection {
    /// Connects to a socket that serves plaintext.
    pub(crate) async fn plaintext(socket: &Path) -> Self {
        Self::over(plaintext_channel(socket).await).await
    }

    async fn over(channel: Channel) -> Self {
        let stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.unwrap();
        let broker = GrpcBrokerClient::new(channel.clone())
            .start_stream(futures::stream::pending())
            .await
            .unwrap();
        Self {
            provider: ProviderClient::new(channel.clone()),
            stdio: stdio.into_inner(),
            broker: broker.into_inner(),
            channel,
        }
    }

    /// Asks the plugin to shut down. The connection and its streams stay open.
    pub(crate) async fn shutdown(&self) {
        GrpcControllerClient::new(self.channel.clone()).shutdown(Empty {}).await.unwrap();
    }
}

async fn plaintext_channel(socket: &Path) -> Channel {
    channel(UnixStream::connect(socket).await.unwrap()).await
}

/// An HTTP/2 channel over this one connection.
async fn channel<S>(stream: S) -> Channel
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let mut stream = Some(TokioIo::new(stream));
    let connector = tower::service_fn(move |_| {
        let stream = stream.take();
        async { stream.ok_or_else(|| std::io::Error::other("the connection is lost")) }
    });
    // The address is never looked up: the connector knows where to go.
    Endpoint::from_static("http://localhost").connect_with_connector(connector).await.unwrap()
}
