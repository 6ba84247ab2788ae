//! A TCP connection that can be reset, so that the other side gets an error instead of an orderly end,
//! and that tells whether anything moves on it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// What is known and wanted of a connection, whatever is spoken on it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    reset: watch::Sender<bool>,
    moves: Arc<AtomicU64>,
}

impl Line {
    /// From now on, dropping the connection resets it, and it is due to be dropped.
    pub(crate) fn demand_reset(&self) {
        self.reset.send_replace(true);
    }

    /// Waits until that is demanded.
    pub(crate) async fn reset_demanded(&self) {
        // `self` is a sender, so it cannot fail.
        let _ = self.reset.subscribe().wait_for(|demanded| *demanded).await;
    }

    fn is_reset_demanded(&self) -> bool {
        *self.reset.borrow()
    }

    /// How often bytes have come or gone so far.
    pub(crate) fn moves(&self) -> u64 {
        self.moves.load(Ordering::Relaxed)
    }

    fn moved(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
    }
}

/// An accepted connection.
pub(crate) struct Socket {
    stream: TcpStream,
    line: Line,
}

impl Socket {
    /// The connection, and what is known of it.
    pub(crate) fn new(stream: TcpStream) -> (Self, Line) {
        let line = Line { reset: watch::Sender::new(false), moves: Arc::default() };
        (Self { stream, line: line.clone() }, line)
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.line.is_reset_demanded() {
            // Without it the end is an orderly one, which is all that is lost.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = self.as_mut().stream().poll_read(cx, buf);
        if buf.filled().len() > before {
            self.line.moved();
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.as_mut().stream().poll_write(cx, buf);
        if written.is_ready() {
            self.line.moved();
        }
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.as_mut().stream().poll_write_vectored(cx, bufs);
        if written.is_ready() {
            self.line.moved();
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    /// Ends the connection in order, unless it is to be reset.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.line.is_reset_demanded() {
            return Poll::Ready(Ok(()));
        }
        self.stream().poll_shutdown(cx)
    }
}
