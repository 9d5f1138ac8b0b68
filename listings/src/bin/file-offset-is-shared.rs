//! After a fork, an open file is one for both: what the child reads, the parent has
//! passed.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::{env, process};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn main() -> io::Result<()> {
    // Any file will do; this program's own is there for sure.
    let mut book = File::open(env::current_exe()?)?;
    println!("parent: at byte {}", book.stream_position()?);

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            book.read_exact(&mut [0; 4])?;
            println!("child:  I read 4 bytes");
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    println!("parent: at byte {}", book.stream_position()?);
    assert_eq!(book.stream_position()?, 4, "one bookmark for two readers");
    Ok(())
}
