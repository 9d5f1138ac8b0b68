//! Ctrl-C: it is noted, and whoever measures stops at once.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::libc::c_int;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::wait;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Notes SIGINT and SIGTERM from now on, and makes this process the parent of its orphaned
/// descendants.
///
/// # Errors
/// The kernel's refusal.
pub fn watch() -> Result<()> {
    extern "C" fn note(_: c_int) {
        ASKED.store(true, Ordering::Relaxed);
    }
    // Without SA_RESTART: a read that waits for a sample is interrupted.
    let action = SigAction::new(SigHandler::Handler(note), SaFlags::empty(), SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        // SAFETY: the handler only stores to an atomic, which is async-signal-safe.
        unsafe { sigaction(signal, &action) }.with_context(|| format!("can't handle {signal}"))?;
    }
    set_child_subreaper(true).context("can't become a subreaper")
}

/// # Errors
/// When a signal has asked to stop.
pub fn check() -> Result<()> {
    if asked() {
        bail!("interrupted");
    }
    Ok(())
}

pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// Waits for the orphans of stands that have been killed, until this process has no child left.
pub fn no_child_is_left() {
    while matches!(wait(), Ok(_) | Err(Errno::EINTR)) {}
}
