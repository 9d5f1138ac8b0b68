//! A pipe doesn't end while one copy of its writing end is open, be it the
//! reader's.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe};

fn main() -> io::Result<()> {
    let (reader, writer) = pipe()?;
    // To see a wait without waiting: a read that would have to wait fails instead.
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            File::from(writer).write_all(b"sugar")?;
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    println!("my friend has written, and is gone");
    let (mut phone, mut heard) = (File::from(reader), [0; 100]);

    let bytes = phone.read(&mut heard)?;
    println!("first read:  {bytes} bytes");
    assert_eq!(&heard[..bytes], b"sugar", "her word is still in the pipe");

    let error = phone.read(&mut heard).expect_err("a writer is left: me");
    println!("second read: {}", error.kind());
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock, "I wait for myself");

    drop(writer);
    let bytes = phone.read(&mut heard)?;
    println!("third read:  {bytes} bytes, now that I closed my writing end");
    assert_eq!(bytes, 0, "the last writer is gone: that is the end");
    Ok(())
}
