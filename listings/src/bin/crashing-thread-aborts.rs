//! A crash in one thread ends its whole process.

use std::{process, thread};

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn main() -> nix::Result<()> {
    // SAFETY: this process has a single thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            println!("house:  mother and I are at work");
            let mother = thread::spawn(|| {
                println!("mother: I crash");
                process::abort();
            });
            let _ = mother.join();
            println!("house:  mother crashed, and I went on");
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            let ended = waitpid(child, None)?;
            let is_abort = matches!(ended, WaitStatus::Signaled(_, Signal::SIGABRT, _));
            assert!(is_abort, "the join never came back: {ended:?}");
            println!("friend: the whole house was killed by SIGABRT");
        }
    }
    Ok(())
}
