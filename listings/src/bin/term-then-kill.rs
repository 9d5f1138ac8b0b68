//! SIGTERM asks and SIGKILL doesn't: who stops another process gives it time in between.

use std::io;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigHandler, SigSet, Signal, kill, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe, read};

/// A child that takes SIGTERM as it is by default, or ignores it.
fn start(at_term: SigHandler) -> io::Result<Pid> {
    let (ready, tell) = pipe()?;
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // SAFETY: neither is a function of ours.
            unsafe { signal(Signal::SIGTERM, at_term)? };
            // If I end without her, she ends too.
            set_pdeathsig(Signal::SIGKILL)?;
            drop(tell);
            loop {
                SigSet::empty().suspend()?;
            }
        }
        ForkResult::Parent { child } => {
            drop(tell);
            read(&ready, &mut [0])?;
            Ok(child)
        }
    }
}

/// Ends a child of mine: politely if it goes within `grace` milliseconds.
fn end(child: Pid, grace: u16) -> io::Result<WaitStatus> {
    // SAFETY: plain numbers, and a new descriptor. She isn't reaped, so it is hers.
    let pidfd = unsafe {
        let fd = libc::syscall(libc::SYS_pidfd_open, child.as_raw(), 0);
        OwnedFd::from_raw_fd(Errno::result(fd)? as i32)
    };
    kill(child, Signal::SIGTERM)?;
    let mut ends = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
    if poll(&mut ends, grace)? == 0 {
        kill(child, Signal::SIGKILL)?;
    }
    Ok(waitpid(child, None)?)
}

fn main() -> io::Result<()> {
    let polite = start(SigHandler::SigDfl)?;
    let ended = end(polite, 10_000)?;
    println!("the first child:  {ended:?}");
    assert_eq!(ended, WaitStatus::Signaled(polite, Signal::SIGTERM, false));

    let stubborn = start(SigHandler::SigIgn)?;
    let ended = end(stubborn, 20)?;
    println!("the second child: {ended:?}");
    assert_eq!(
        ended,
        WaitStatus::Signaled(stubborn, Signal::SIGKILL, false)
    );
    Ok(())
}
