//! What the system tells the program.

use std::io;

use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind};

use super::Woken;

/// The signals that end the program, and the one that continues it.
pub(super) struct Signals {
    terminate: unix::Signal,
    hang_up: unix::Signal,
    interrupt: unix::Signal,
    pub(super) continued: unix::Signal,
}

impl Signals {
    /// From now on they are ours.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: unix::signal(SignalKind::terminate())?,
            hang_up: unix::signal(SignalKind::hangup())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            continued: unix::signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
        })
    }

    /// The next of them.
    pub(super) async fn next(&mut self) -> Woken {
        // A terminal that hangs up also continues us: the end comes first.
        tokio::select! {
            biased;
            _ = self.terminate.recv() => Woken::Signal(Signal::TERM.as_raw()),
            _ = self.hang_up.recv() => Woken::Signal(Signal::HUP.as_raw()),
            _ = self.interrupt.recv() => Woken::Signal(Signal::INT.as_raw()),
            _ = self.continued.recv() => Woken::Continued,
        }
    }
}
