//! An open connection, and the number of connections that are open.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tonic::transport::server::Connected;

use super::listener::Socket;

/// The number of open connections, which tasks can wait on.
#[derive(Clone, Debug)]
pub(super) struct OpenConnections(watch::Sender<Count>);

/// How many connections are open, and how many there have ever been.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    open: usize,
    ever: usize,
}

impl OpenConnections {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Count::default()))
    }

    /// Counts one more connection until the result is dropped.
    fn count(&self) -> Counted {
        self.0.send_modify(|count| {
            count.open += 1;
            count.ever += 1;
        });
        Counted(self.clone())
    }

    /// Returns once there has been no connection for all of `first`, or for all of
    /// `later` after there was one.
    pub(super) async fn none_for(&self, first: Duration, later: Duration) {
        let mut count = self.0.subscribe();
        loop {
            // `self` owns the sender, so neither wait can fail.
            let Ok(none) = count.wait_for(|count| count.open == 0).await.map(|count| *count) else {
                return;
            };
            let period = if none.ever == 0 { first } else { later };
            // A connection may be gone again before this task runs.
            let another = count.wait_for(|count| count.ever != none.ever);
            if tokio::time::timeout(period, another).await.is_err() {
                return;
            }
        }
    }
}

#[derive(Debug)]
struct Counted(OpenConnections);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| count.open -= 1);
    }
}

/// An accepted connection, with or without TLS.
pub(super) struct Connection {
    stream: Either<Socket, TlsStream<Socket>>,
    _counted: Counted,
}

impl Connection {
    pub(super) fn new(stream: Either<Socket, TlsStream<Socket>>, open: &OpenConnections) -> Self {
        Self { stream, _counted: open.count() }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut Either<Socket, TlsStream<Socket>>> {
        Pin::new(&mut self.get_mut().stream)
    }
}

/// There is only one peer, so handlers need to know nothing about it.
impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use tokio::time::advance;

    use super::*;

    const PERIOD: Duration = Duration::from_secs(30);
    const ALMOST: Duration = Duration::from_secs(29);

    #[tokio::test(start_paused = true)]
    async fn idle_from_the_start() {
        let open = OpenConnections::new();
        let mut idle = Box::pin(open.none_for(PERIOD, PERIOD));
        assert_eq!(idle.as_mut().now_or_never(), None);
        advance(ALMOST).await;
        assert_eq!(idle.as_mut().now_or_never(), None);
        advance(PERIOD - ALMOST).await;
        assert_eq!(idle.as_mut().now_or_never(), Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn idle_after_the_last_one_closes() {
        let open = OpenConnections::new();
        let (first, second) = (open.count(), open.count());
        let mut idle = Box::pin(open.none_for(PERIOD, PERIOD));
        assert_eq!(idle.as_mut().now_or_never(), None);
        drop(first);
        advance(PERIOD * 2).await;
        assert_eq!(idle.as_mut().now_or_never(), None, "one is still open");
        drop(second);
        assert_eq!(idle.as_mut().now_or_never(), None);
        advance(PERIOD).await;
        assert_eq!(idle.as_mut().now_or_never(), Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_restarts_the_wait() {
        let open = OpenConnections::new();
        let mut idle = Box::pin(open.none_for(PERIOD, PERIOD));
        assert_eq!(idle.as_mut().now_or_never(), None);
        advance(ALMOST).await;
        let again = open.count();
        assert_eq!(idle.as_mut().now_or_never(), None);
        advance(PERIOD).await;
        assert_eq!(idle.as_mut().now_or_never(), None);
        drop(again);
        assert_eq!(idle.as_mut().now_or_never(), None);
        advance(ALMOST).await;
        assert_eq!(idle.as_mut().now_or_never(), None);
        advance(PERIOD - ALMOST).await;
        assert_eq!(idle.as_mut().now_or_never(), Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_nobody_saw() {
        let open = OpenConnections::new();
        let mut idle = Box::pin(open.none_for(PERIOD * 10, PERIOD));
        assert_eq!(idle.as_mut().now_or_never(), None);
        drop(open.count());
        assert_eq!(idle.as_mut().now_or_never(), None);
        advance(PERIOD).await;
        assert_eq!(idle.as_mut().now_or_never(), Some(()));
    }
}
