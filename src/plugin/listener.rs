//! Where the plugin is reached: a place that other users of the machine cannot open.

use std::io;

#[cfg(windows)]
pub(super) use tcp::{Listener, Socket};
#[cfg(unix)]
pub(super) use unix::{Listener, Socket};

/// A listening place in the words of the handshake (plugin-protocol.md 1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub(super) network: &'static str,
    /// The path of the socket, or `host:port`.
    pub(super) location: String,
}

#[cfg(unix)]
mod unix {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;
    use tokio::net::{UnixListener, UnixStream};

    use super::{Address, io};
    use crate::plugin::handshake::Launch;

    pub(in crate::plugin) type Socket = UnixStream;

    /// A unix socket in a directory of its own, which goes when the listener goes.
    #[derive(Debug)]
    pub(in crate::plugin) struct Listener {
        socket: UnixListener,
        directory: TempDir,
    }

    const SOCKET: &str = "plugin.sock";

    impl Listener {
        /// Makes the directory and listens in it. Belongs inside the runtime.
        pub(in crate::plugin) fn bind(launch: &Launch) -> io::Result<Self> {
            let parent = launch.socket_directory.clone().unwrap_or_else(std::env::temp_dir);
            let directory = tempfile::Builder::new()
                .prefix("plugin")
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(parent)?;
            let socket = UnixListener::bind(directory.path().join(SOCKET))?;
            Ok(Self { socket, directory })
        }

        /// Where the host finds it.
        pub(in crate::plugin) fn address(&self) -> io::Result<Address> {
            let path = self.directory.path().join(SOCKET);
            let location = path.into_os_string().into_string().map_err(|path| {
                io::Error::other(format!("the path {} is not UTF-8", path.display()))
            })?;
            Ok(Address { network: "unix", location })
        }

        /// The next connection.
        pub(in crate::plugin) async fn accept(&self) -> io::Result<Socket> {
            let (socket, _) = self.socket.accept().await?;
            Ok(socket)
        }
    }
}

/// For Windows; compiled for tests everywhere, so that it is checked and tried.
#[cfg(any(windows, test))]
mod tcp {
    use std::net::Ipv4Addr;

    use tokio::net::{TcpListener, TcpStream};

    use super::{Address, io};
    use crate::plugin::handshake::Launch;

    pub(in crate::plugin) type Socket = TcpStream;

    /// A port of the loopback interface.
    #[derive(Debug)]
    pub(in crate::plugin) struct Listener(TcpListener);

    impl Listener {
        /// Takes the first free port of the range, or any. Belongs inside the runtime.
        pub(in crate::plugin) fn bind(launch: &Launch) -> io::Result<Self> {
            let mut refused = io::Error::from(io::ErrorKind::AddrInUse);
            for port in launch.ports.clone().unwrap_or(0..=0) {
                let listening =
                    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|socket| {
                        socket.set_nonblocking(true)?;
                        TcpListener::from_std(socket)
                    });
                match listening {
                    Ok(socket) => return Ok(Self(socket)),
                    Err(error) => refused = error,
                }
            }
            Err(refused)
        }

        /// Where the host finds it.
        pub(in crate::plugin) fn address(&self) -> io::Result<Address> {
            Ok(Address { network: "tcp", location: self.0.local_addr()?.to_string() })
        }

        /// The next connection. Requests are small and answered at once: nothing
        /// is gained by waiting for a fuller packet.
        pub(in crate::plugin) async fn accept(&self) -> io::Result<Socket> {
            let (socket, _) = self.0.accept().await?;
            socket.set_nodelay(true)?;
            Ok(socket)
        }
    }
}
