//! A pair of sockets carries bytes both ways between two processes.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::process;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn main() -> io::Result<()> {
    let (mut mine, mut hers) = UnixStream::pair()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(mine);
            let mut question = String::new();
            hers.read_to_string(&mut question)?;
            write!(hers, "{question} 200 g.")?;
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            drop(hers);
            mine.write_all(b"How much sugar?")?;
            // She reads until here, and can still answer.
            mine.shutdown(Shutdown::Write)?;
            let mut answer = String::new();
            mine.read_to_string(&mut answer)?;
            println!("{answer}");
            assert_eq!(answer, "How much sugar? 200 g.", "there and back");
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    Ok(())
}
