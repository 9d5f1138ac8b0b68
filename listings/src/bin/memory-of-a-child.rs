//! A forked child has page tables of its own at once, and pages of its own once it
//! writes.

use std::{fs, io, process};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

const PANTRY: usize = 64 * 1024 * 1024;

/// A size in KiB from a file of /proc/self, which writes kB for it.
fn kib(file: &str, name: &str) -> io::Result<usize> {
    let text = fs::read_to_string(format!("/proc/self/{file}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    Ok(line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap())
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has /proc/self/smaps_rollup"
    );
    let own = || kib("smaps_rollup", "Private_Dirty:").map(|kib| kib / 1024);
    let mut pantry = vec![1_u8; PANTRY];

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            println!("child:  {} MiB of my own, after the fork", own()?);
            assert!(own()? < 1, "no page is copied yet");
            // Of 8 bytes for each page of 4 KiB: this much is copied by the fork
            // itself.
            assert!(kib("status", "VmPTE:")? >= PANTRY / 4096 * 8 / 1024);
            pantry.fill(2);
            println!("child:  {} MiB of my own, after writing to all", own()?);
            assert!(own()? >= 64, "each page that I wrote to is my own now");
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    assert_eq!(pantry, [1; PANTRY], "the parent's are as they were");
    Ok(())
}
