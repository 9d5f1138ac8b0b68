//! Any thread may end its whole process by `exit`, and no other thread gets to
//! clean up.

use std::fs::File;
use std::io::{self, Read, Write};
use std::{process, thread};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe};

/// Tells us by phone when it is washed up.
struct Bowl(File);

impl Drop for Bowl {
    fn drop(&mut self) {
        let _ = self.0.write_all(b"washed up");
    }
}

fn main() -> io::Result<()> {
    for sister_exits in [false, true] {
        let (reader, writer) = pipe()?;
        // SAFETY: there is one thread, so no lock can be left behind in the child.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let bowl = Bowl(File::from(writer));
                let sister = thread::spawn(move || {
                    if sister_exits {
                        process::exit(3);
                    }
                });
                sister.join().expect("no panic");
                drop(bowl);
                process::exit(0);
            }
            ForkResult::Parent { child } => {
                drop(writer);
                let mut heard = String::new();
                File::from(reader).read_to_string(&mut heard)?;
                let ended = waitpid(child, None)?;
                let (way, code, bowl) = match sister_exits {
                    false => ("returns", 0, "washed up"),
                    true => ("exits", 3, ""),
                };
                println!("sister {way}: status {code}, the bowl: {heard:?}");
                assert_eq!(
                    ended,
                    WaitStatus::Exited(child, code),
                    "her word counts"
                );
                assert_eq!(heard, bowl, "the bowl was in the other thread's hands");
            }
        }
    }
    Ok(())
}
