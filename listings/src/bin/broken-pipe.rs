//! A process that waits for another's work does notice its end.

use std::fs::File;
use std::io::{self, Write};
use std::process;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe};

fn main() -> io::Result<()> {
    let (reader, writer) = pipe()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        // The reader ends, by whatever accident, and the kernel closes what it had
        // open.
        ForkResult::Child => process::abort(),
        ForkResult::Parent { child } => {
            drop(reader);
            waitpid(child, None)?;
            let error = File::from(writer).write_all(b"sugar").unwrap_err();
            println!("writer: {error}");
            assert_eq!(
                error.kind(),
                io::ErrorKind::BrokenPipe,
                "nobody is left to read"
            );
        }
    }
    Ok(())
}
