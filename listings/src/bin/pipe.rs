//! An ordinary pipe carries bytes and no messages, and ends when its last writer is
//! gone.

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
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
            let (mut phone, mut heard) = (File::from(reader), [0; 100]);
            for call in ["first", "second"] {
                let bytes = phone.read(&mut heard)?;
                let text = String::from_utf8_lossy(&heard[..bytes]);
                println!("{call} read: {bytes} bytes, {text:?}");
                assert_eq!(bytes, if call == "first" { 31 } else { 0 });
            }
        }
    }
    Ok(())
}
