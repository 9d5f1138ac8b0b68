//! At the limit of processes, fork and spawn fail with EAGAIN: threads count too.
//!
//! Bears a refusal: what it shows is one.

use std::{io, panic, process, thread};

use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Uid, fork, geteuid, setuid};

/// As an ordinary user who may have no more than one process.
fn try_both() -> io::Result<()> {
    if geteuid().is_root() {
        // Root isn't limited, and the user nobody is.
        if let Err(errno) = setuid(Uid::from_raw(65534)) {
            println!(
                "Not here: root isn't limited, and can't become nobody: {errno}"
            );
            return Ok(());
        }
    }
    setrlimit(Resource::RLIMIT_NPROC, 1, 1)?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    let forked = match unsafe { fork() } {
        Ok(ForkResult::Child) => process::exit(0),
        Ok(ForkResult::Parent { child }) => waitpid(child, None).map(drop),
        Err(errno) => Err(errno),
    };
    println!("fork:           {forked:?}");
    assert_eq!(forked, Err(Errno::EAGAIN));

    let spawned = thread::Builder::new().spawn(|| ());
    let error = spawned.expect_err("a thread is a task, and counts");
    println!("Builder::spawn: {error}");
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);

    // Its message would name a line of std.
    panic::set_hook(Box::new(|_| ()));
    let panic = panic::catch_unwind(|| thread::spawn(|| ()));
    println!("thread::spawn:  panics: {}", panic.is_err());
    assert!(panic.is_err(), "it has no way to return an error");
    Ok(())
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux counts threads as processes"
    );
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            try_both()?;
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            // The limit was hers alone.
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    Ok(())
}
