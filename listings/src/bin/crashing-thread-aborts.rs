//! A crash in one thread ends its whole process.

use std::{process, thread};

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn main() -> nix::Result<()> {
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            println!("friend: my helper and I are at work");
            let helper = thread::spawn(|| {
                println!("helper: I crash");
                process::abort();
            });
            let _ = helper.join();
            println!("friend: my helper crashed, and I went on");
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            let ended = waitpid(child, None)?;
            let is_abort =
                matches!(ended, WaitStatus::Signaled(_, Signal::SIGABRT, _));
            assert!(is_abort, "the join never came back: {ended:?}");
            println!("me:     my friend and all in her house: killed by SIGABRT");
        }
    }
    Ok(())
}
