//! A process that writes to another notices its end.

use std::fs::File;
use std::io::{self, Write};
use std::process;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe};

fn main() -> io::Result<()> {
    let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1); // No core, nor a pipe for one.
    let (reader, writer) = pipe()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        // The reader crashes, and the kernel closes what it had open.
        ForkResult::Child => process::abort(),
        ForkResult::Parent { child } => {
            drop(reader);
            let ended = waitpid(child, None)?;
            assert!(matches!(ended, WaitStatus::Signaled(_, Signal::SIGABRT, _)));
            let error = File::from(writer).write_all(b"sugar").unwrap_err();
            println!("writer: {error}");
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "nobody can read");
        }
    }
    Ok(())
}
