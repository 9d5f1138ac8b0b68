//! A plain Command doesn't fork: a handler that fork calls isn't called by it.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{io, process};

use nix::libc::pthread_atfork;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

static FORKS: AtomicU32 = AtomicU32::new(0);

/// Called by fork, in the parent, before there is a child.
extern "C" fn a_fork_begins() {
    FORKS.fetch_add(1, Relaxed);
}

fn main() -> io::Result<()> {
    // SAFETY: the handler does nothing but to count, by an atomic.
    let failed = unsafe { pthread_atfork(Some(a_fork_begins), None, None) };
    assert_eq!(failed, 0, "there is memory for one handler");

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => process::exit(7),
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 7));
        }
    }
    let by_fork = FORKS.swap(0, Relaxed);
    println!("fork:    a child, and {by_fork} call of the handler");
    assert_eq!(by_fork, 1, "fork calls it");

    let ended = Command::new("sh").args(["-c", "exit 7"]).status()?;
    assert_eq!(ended.code(), Some(7), "Command made a child too");
    let by_command = FORKS.swap(0, Relaxed);
    println!("Command: a child, and {by_command} calls of the handler");
    assert_eq!(by_command, 0, "and didn't fork for it");
    Ok(())
}
