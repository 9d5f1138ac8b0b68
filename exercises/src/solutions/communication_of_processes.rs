//! The pipe ends with its last writer, and the parent holds one.

use std::fs::File;
use std::io::{self, Read};
use std::process;

use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe, write};

/// They are waited for, also when a step fails.
struct Friends(Vec<Pid>);

impl Drop for Friends {
    fn drop(&mut self) {
        for friend in self.0.drain(..) {
            let _ = waitpid(friend, None);
        }
    }
}

pub fn roll_call(friends: usize) -> io::Result<Vec<u32>> {
    // Before the pipe, so that it is dropped after it: nobody is waited for who waits for us.
    let mut called = Friends(Vec::new());
    let (reader, writer) = pipe()?;
    for _ in 0..friends {
        // SAFETY: the child calls getpid, write and _exit, each of them
        // async-signal-safe, so that it needs no lock that another thread may hold.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let number = process::id().to_ne_bytes();
                let done = write(&writer, &number) == Ok(number.len());
                // SAFETY: it ends the process at once, and nothing runs after it.
                unsafe { libc::_exit(if done { 0 } else { 1 }) }
            }
            ForkResult::Parent { child } => called.0.push(child),
        }
    }
    drop(writer);

    let mut heard = Vec::new();
    File::from(reader).read_to_end(&mut heard)?;
    while let Some(friend) = called.0.pop() {
        assert_eq!(waitpid(friend, None)?, WaitStatus::Exited(friend, 0));
    }
    // Each number is whole: so few bytes are written at once (PIPE_BUF in pipe(7)).
    let numbers = heard.chunks_exact(4);
    Ok(numbers
        .map(|number| u32::from_ne_bytes(number.try_into().expect("four bytes")))
        .collect())
}

pub fn main() -> io::Result<()> {
    let numbers = roll_call(3)?;
    for number in &numbers {
        println!("here: process {number}");
    }
    assert_eq!(numbers.len(), 3, "each friend has spoken, once");
    Ok(())
}
