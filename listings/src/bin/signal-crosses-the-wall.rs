//! No memory is shared, and still one process can end another: a signal goes through the wall.

use std::fs::File;
use std::io::{self, Read};
use std::process;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe};

fn main() -> io::Result<()> {
    let (reader, writer) = pipe()?;

    // SAFETY: this process has a single thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(writer);
            // Ends when the parent ends, so that the child never outlives it; not before.
            File::from(reader).read_to_string(&mut String::new())?;
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            println!("parent: I send SIGTERM to my neighbour");
            kill(child, Signal::SIGTERM)?;
            let ended = waitpid(child, None)?;
            println!("parent: she was ended by it, in the middle of her work");
            assert_eq!(ended, WaitStatus::Signaled(child, Signal::SIGTERM, false));
            drop(writer);
        }
    }
    Ok(())
}
