//! A TCP connection that can be reset: the other side gets an error instead of an orderly end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Has a connection end by being reset.
#[derive(Clone, Debug)]
pub(crate) struct Reset(watch::Sender<bool>);

impl Reset {
    /// From now on, dropping the connection resets it, and it is due to be dropped.
    pub(crate) fn demand(&self) {
        self.0.send_replace(true);
    }

    /// Waits until that is demanded.
    pub(crate) async fn demanded(&self) {
        // `self` is a sender, so it cannot fail.
        let _ = self.0.subscribe().wait_for(|demanded| *demanded).await;
    }

    fn is_demanded(&self) -> bool {
        *self.0.borrow()
    }
}

/// An accepted connection.
pub(crate) struct Socket {
    stream: TcpStream,
    reset: Reset,
}

impl Socket {
    /// The connection, and what resets it.
    pub(crate) fn new(stream: TcpStream) -> (Self, Reset) {
        let reset = Reset(watch::Sender::new(false));
        (Self { stream, reset: reset.clone() }, reset)
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.is_demanded() {
            // Without it the end is an orderly one, which is all that is lost.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
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

    /// Ends the connection in order, unless it is to be reset.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.is_demanded() {
            return Poll::Ready(Ok(()));
        }
        self.stream().poll_shutdown(cx)
    }
}
