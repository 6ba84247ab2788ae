//! One open connection, and how many there are.

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

/// The number of open connections, watched.
#[derive(Clone, Debug)]
pub(super) struct Presence(watch::Sender<usize>);

impl Presence {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// One more, for as long as the result lives.
    fn enter(&self) -> Guest {
        self.0.send_modify(|open| *open += 1);
        Guest(self.clone())
    }

    /// Returns once nobody has been connected for `patience` at a stretch.
    pub(super) async fn nobody_for(&self, patience: Duration) {
        let mut open = self.0.subscribe();
        loop {
            // `self` holds the sender: the waits end by a change, not by its loss.
            let _ = open.wait_for(|open| *open == 0).await;
            let somebody = open.wait_for(|open| *open > 0);
            if tokio::time::timeout(patience, somebody).await.is_err() {
                return;
            }
        }
    }
}

#[derive(Debug)]
struct Guest(Presence);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.0.send_modify(|open| *open -= 1);
    }
}

/// A peer that was let in, encrypted or not.
pub(super) struct Connection {
    stream: Either<Socket, TlsStream<Socket>>,
    _guest: Guest,
}

impl Connection {
    pub(super) fn new(stream: Either<Socket, TlsStream<Socket>>, presence: &Presence) -> Self {
        Self { stream, _guest: presence.enter() }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut Either<Socket, TlsStream<Socket>>> {
        Pin::new(&mut self.get_mut().stream)
    }
}

/// There is one peer, so handlers need not know which.
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

    const PATIENCE: Duration = Duration::from_secs(30);
    const ALMOST: Duration = Duration::from_secs(29);

    #[tokio::test(start_paused = true)]
    async fn nobody_came() {
        let presence = Presence::new();
        let mut left = Box::pin(presence.nobody_for(PATIENCE));
        assert_eq!(left.as_mut().now_or_never(), None);
        advance(ALMOST).await;
        assert_eq!(left.as_mut().now_or_never(), None);
        advance(PATIENCE - ALMOST).await;
        assert_eq!(left.as_mut().now_or_never(), Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_one_left() {
        let presence = Presence::new();
        let (first, second) = (presence.enter(), presence.enter());
        let mut left = Box::pin(presence.nobody_for(PATIENCE));
        assert_eq!(left.as_mut().now_or_never(), None);
        drop(first);
        advance(PATIENCE * 2).await;
        assert_eq!(left.as_mut().now_or_never(), None, "one is still there");
        drop(second);
        assert_eq!(left.as_mut().now_or_never(), None);
        advance(PATIENCE).await;
        assert_eq!(left.as_mut().now_or_never(), Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn coming_back_starts_the_wait_anew() {
        let presence = Presence::new();
        let mut left = Box::pin(presence.nobody_for(PATIENCE));
        assert_eq!(left.as_mut().now_or_never(), None);
        advance(ALMOST).await;
        let back = presence.enter();
        assert_eq!(left.as_mut().now_or_never(), None);
        advance(PATIENCE).await;
        assert_eq!(left.as_mut().now_or_never(), None);
        drop(back);
        assert_eq!(left.as_mut().now_or_never(), None);
        advance(ALMOST).await;
        assert_eq!(left.as_mut().now_or_never(), None);
        advance(PATIENCE - ALMOST).await;
        assert_eq!(left.as_mut().now_or_never(), Some(()));
    }
}
