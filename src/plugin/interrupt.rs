//! Interrupts from the terminal end nothing by themselves.

use std::io;

/// From here to the end of the process an interrupt is only noted.
pub(super) struct Interrupts {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
    #[cfg(windows)]
    signal: tokio::signal::windows::CtrlC,
}

impl Interrupts {
    /// Takes the place of the system's reaction. Belongs inside the runtime.
    pub(super) fn catch() -> io::Result<Self> {
        #[cfg(unix)]
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
        #[cfg(windows)]
        let signal = tokio::signal::windows::ctrl_c()?;
        Ok(Self { signal })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        let _ = self.signal.recv().await;
    }
}
