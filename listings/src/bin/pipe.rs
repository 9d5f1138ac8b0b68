//! A pipe carries bytes from one process to another, and ends when its last writer
//! is gone.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe};

fn main() -> io::Result<()> {
    let (reader, writer) = pipe()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(reader);
            let mut phone = File::from(writer);
            phone.write_all(b"Stop mixing, ")?;
            phone.write_all(b"the sugar is less.")?;
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            // Ours is a writer too: while it is open, the pipe doesn't end.
            drop(writer);
            let mut heard = String::new();
            File::from(reader).read_to_string(&mut heard)?;
            println!("heard: {heard}");
            assert_eq!(
                heard, "Stop mixing, the sugar is less.",
                "two writes, one stream"
            );
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    Ok(())
}
