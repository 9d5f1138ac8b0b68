//! Threads of one process share its number; a child has a number of its own.

use std::path::PathBuf;
use std::{fs, io, process, thread};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// The kernel's answer: `PID/task/TID`, the process and the thread that ask.
fn whoami() -> io::Result<PathBuf> {
    fs::read_link("/proc/thread-self")
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has /proc/thread-self"
    );
    let me = whoami()?;
    println!("me:     process {}", me.display());

    let sister = thread::spawn(whoami).join().expect("no panic")?;
    println!("sister: process {}", sister.display());
    assert_eq!(sister.parent(), me.parent(), "one house, one number");
    assert_ne!(sister, me, "two cooks, two numbers");

    // SAFETY: sister is joined, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            println!("friend: process {}", whoami()?.display());
            // A bool becomes 0 or 1, and 0 is success.
            process::exit((whoami()?.parent() == me.parent()).into());
        }
        ForkResult::Parent { child } => {
            let ended = waitpid(child, None)?;
            assert_eq!(
                ended,
                WaitStatus::Exited(child, 0),
                "two houses, two numbers"
            );
        }
    }
    Ok(())
}
