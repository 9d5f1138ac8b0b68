//! A wild write in one thread ends all threads of its process, also those that
//! worked well.

use std::fs::File;
use std::io::{self, Read, Write};
use std::{process, ptr, thread};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe};

/// Writes to the first page, where nothing is mapped.
fn write_anywhere() {
    // SAFETY: none, and that is the point.
    unsafe { ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
}

fn main() -> io::Result<()> {
    let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1); // No core, nor a pipe for one.
    let (reader, writer) = pipe()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let mut phone = File::from(writer);
            let mother = thread::spawn(move || {
                phone.write_all(b"the flour is ready")?;
                let sister = thread::spawn(write_anywhere);
                // If a thread could crash alone, then this would return.
                let crashed_alone = sister.join().is_err();
                write!(phone, ", and sister crashed alone: {crashed_alone}")
            });
            process::exit(mother.join().is_err().into());
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let mut heard = String::new();
            File::from(reader).read_to_string(&mut heard)?;
            println!("mother: {heard}");
            let ended = waitpid(child, None)?;
            let WaitStatus::Signaled(_, signal, _) = ended else {
                panic!("sister's write ended nobody: {ended:?}");
            };
            println!("me:     then all in that house, killed by {signal}");
            assert_eq!(signal, Signal::SIGSEGV);
            assert_eq!(heard, "the flour is ready", "mother couldn't go on");
        }
    }
    Ok(())
}
