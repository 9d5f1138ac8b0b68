//! Threads of one process share its number; a child has a number of its own.

use std::path::PathBuf;
use std::{fs, io, process, thread};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// Who is asking: `PID/task/TID`, from the kernel.
fn whoami() -> io::Result<PathBuf> {
    fs::read_link("/proc/thread-self")
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has /proc/thread-self"
    );
    let mother = whoami()?;
    println!("mother: process {}", mother.display());

    let sister = thread::spawn(whoami).join().expect("no panic")?;
    println!("sister: process {}", sister.display());
    assert_eq!(sister.parent(), mother.parent(), "one house, one number");
    assert_ne!(sister, mother, "two cooks, two numbers");

    // SAFETY: the sister is joined, so no other thread holds a lock that the child would miss.
    match unsafe { fork() }? {
        ForkResult::Child => {
            println!("friend: process {}", whoami()?.display());
            process::exit((whoami()?.parent() == mother.parent()).into());
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
