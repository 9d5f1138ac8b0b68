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
            // Ends when the parent ends, so that the child never outlives it; not
            // before.
            File::from(reader).read_to_string(&mut String::new())?;
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            println!("me: I send SIGTERM to my friend");
            kill(child, Signal::SIGTERM)?;
            let ended = waitpid(child, None)?;
            println!("me: it ended her while she waited");
            assert_eq!(ended, WaitStatus::Signaled(child, Signal::SIGTERM, false));
            drop(writer);
        }
    }
    Ok(())
}
