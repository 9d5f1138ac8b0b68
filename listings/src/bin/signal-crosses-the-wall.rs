//! No memory is shared, and still one process can end another: a signal goes
//! through the wall.

use std::fs::File;
use std::io::{self, Read};
use std::process;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe};

fn main() -> io::Result<()> {
    let (reader, writer) = pipe()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(writer);
            // Waits for the parent's end, and so never outlives it.
            File::from(reader).read_to_string(&mut String::new())?;
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            println!("me: I send SIGKILL to my friend");
            kill(child, Signal::SIGKILL)?;
            let ended = waitpid(child, None)?;
            assert_eq!(ended, WaitStatus::Signaled(child, Signal::SIGKILL, false));
            println!("me: it ended her");
            // Only now: the signal ended her, and not the end of the pipe.
            drop(writer);
        }
    }
    Ok(())
}
