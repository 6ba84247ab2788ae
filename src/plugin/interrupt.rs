//! Keeps signals from ending the process by themselves.

use std::io;

/// From `catch` to the end of the process, an interrupt only wakes `next`.
pub(super) struct Interrupts {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
    #[cfg(windows)]
    signal: tokio::signal::windows::CtrlC,
}

impl Interrupts {
    /// Replaces the system's default handler. Must be called inside the runtime.
    pub(super) fn catch() -> io::Result<Self> {
        #[cfg(unix)]
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
        #[cfg(windows)]
        let signal = tokio::signal::windows::ctrl_c()?;
        Ok(Self { signal })
    }

    /// Waits for the next interrupt.
    pub(super) async fn next(&mut self) {
        let _ = self.signal.recv().await;
    }
}

/// From `catch` to the end of the process, `SIGTERM` only wakes `next`. Windows has
/// no such signal.
pub(super) struct Terminations {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Terminations {
    /// Replaces the system's default handler. Must be called inside the runtime.
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        let _ = self.signal.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
