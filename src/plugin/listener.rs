//! The socket that the plugin listens on, which other users of the machine cannot open.

use std::io;

#[cfg(windows)]
pub(super) use tcp::{Listener, Socket};
#[cfg(unix)]
pub(super) use unix::{Listener, Socket};

#[cfg(unix)]
mod unix {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;
    use tokio::net::{UnixListener, UnixStream};

    use super::io;
    use crate::plugin::handshake::{Address, Launch};

    pub(in crate::plugin) type Socket = UnixStream;

    /// A Unix socket in a directory of its own, which is deleted with the listener.
    #[derive(Debug)]
    pub(in crate::plugin) struct Listener {
        socket: UnixListener,
        directory: TempDir,
    }

    const SOCKET: &str = "plugin.sock";

    impl Listener {
        /// Creates the directory and listens in it. Must be called inside the runtime.
        pub(in crate::plugin) fn bind(launch: &Launch) -> io::Result<Self> {
            let parent = launch.socket_directory.clone().unwrap_or_else(std::env::temp_dir);
            let directory = tempfile::Builder::new()
                .prefix("plugin")
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(parent)?;
            let socket = UnixListener::bind(directory.path().join(SOCKET))?;
            Ok(Self { socket, directory })
        }

        /// Where the host connects.
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

/// For Windows; compiled for tests on every system, so that it is tested there too.
#[cfg(any(windows, test))]
mod tcp {
    use std::net::Ipv4Addr;

    use tokio::net::{TcpListener, TcpStream};

    use super::io;
    use crate::plugin::handshake::{Address, Launch};

    pub(in crate::plugin) type Socket = TcpStream;

    /// A port of the loopback interface.
    #[derive(Debug)]
    pub(in crate::plugin) struct Listener(TcpListener);

    impl Listener {
        /// Takes the first free port of the range, or any. Must be called inside the runtime.
        pub(in crate::plugin) fn bind(launch: &Launch) -> io::Result<Self> {
            let mut last_error = io::Error::from(io::ErrorKind::AddrInUse);
            for port in launch.ports.clone().unwrap_or(0..=0) {
                let listening =
                    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|socket| {
                        socket.set_nonblocking(true)?;
                        TcpListener::from_std(socket)
                    });
                match listening {
                    Ok(socket) => return Ok(Self(socket)),
                    Err(error) => last_error = error,
                }
            }
            Err(last_error)
        }

        /// Where the host connects.
        pub(in crate::plugin) fn address(&self) -> io::Result<Address> {
            Ok(Address { network: "tcp", location: self.0.local_addr()?.to_string() })
        }

        /// The next connection. Messages are small, so that waiting to fill a
        /// packet would only delay them.
        pub(in crate::plugin) async fn accept(&self) -> io::Result<Socket> {
            let (socket, _) = self.0.accept().await?;
            socket.set_nodelay(true)?;
            Ok(socket)
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};

    use tokio::net::{TcpStream, UnixStream};

    use super::*;
    use crate::plugin::handshake::Launch;

    fn in_directory(directory: &Path) -> Launch {
        Launch { socket_directory: Some(directory.to_owned()), ..Launch::default() }
    }

    #[tokio::test]
    async fn a_socket_in_a_private_directory_for_as_long_as_it_listens() {
        let parent = tempfile::tempdir().unwrap();
        let listener = unix::Listener::bind(&in_directory(parent.path())).unwrap();
        let address = listener.address().unwrap();
        let socket = PathBuf::from(&address.location);
        let directory = socket.parent().unwrap();
        assert_eq!(address.network, "unix");
        assert_eq!(directory.parent(), Some(parent.path()));
        let mode = fs::metadata(directory).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let (client, accepted) = tokio::join!(UnixStream::connect(&socket), listener.accept());
        assert_eq!((client.is_ok(), accepted.is_ok()), (true, true));
        drop(listener);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_path_too_long_for_a_socket_leaves_nothing_behind() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("d".repeat(100));
        fs::create_dir(&long).unwrap();
        let error = unix::Listener::bind(&in_directory(&long)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(fs::read_dir(&long).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_port_from_the_range_without_delay() {
        let taken = tcp::Listener::bind(&Launch::default()).unwrap();
        let address = taken.address().unwrap();
        let (host, port) = address.location.split_once(':').unwrap();
        assert_eq!((address.network, host), ("tcp", "127.0.0.1"));

        let port: u16 = port.parse().unwrap();
        let launch = Launch { ports: Some(port..=port), ..Launch::default() };
        let error = tcp::Listener::bind(&launch).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);

        let (client, accepted) =
            tokio::join!(TcpStream::connect(&address.location), taken.accept());
        assert_eq!(client.unwrap().peer_addr().unwrap().port(), port);
        assert!(accepted.unwrap().nodelay().unwrap(), "TCP_NODELAY is on");
    }

    #[tokio::test]
    async fn the_next_port_when_the_first_is_taken() {
        let taken = tcp::Listener::bind(&Launch::default()).unwrap();
        let address = taken.address().unwrap();
        let port: u16 = address.location.rsplit(':').next().unwrap().parse().unwrap();
        let launch = Launch { ports: Some(port..=port.saturating_add(100)), ..Launch::default() };
        let next = tcp::Listener::bind(&launch).unwrap().address().unwrap();
        let next: u16 = next.location.rsplit(':').next().unwrap().parse().unwrap();
        assert!((port + 1..=port + 100).contains(&next), "{port} then {next}");
    }
}
