//! After a fork, whoever writes to a page gets a copy of it, the parent too.

use std::hint::black_box;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::{fs, process};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

const PANTRY: usize = 64 * 1024 * 1024;

/// Prints how many MiB, in steps of 4, lie in pages that this process alone has.
fn show(when: &str) -> io::Result<usize> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup
        .lines()
        .find_map(|l| l.strip_prefix("Private_Dirty:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    let mib = kib.parse::<usize>().unwrap() / 4096 * 4;
    println!("{when:<20}{mib:>3} MiB are mine alone");
    Ok(mib)
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has smaps_rollup");
    // The box keeps the compiler from leaving out writes that nobody reads.
    let mut pantry = black_box(vec![1_u8; PANTRY]);
    let before = show("before the fork:")?;
    let (phone, mut her_phone) = UnixStream::pair()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(phone);
            // She writes to nothing, and stays until I hang up.
            her_phone.read_to_end(&mut Vec::new())?;
            process::exit(pantry.iter().any(|&gram| gram != 1).into());
        }
        ForkResult::Parent { child } => {
            let after = show("after the fork:")?;
            pantry[..PANTRY / 4].fill(2);
            let quarter = show("a quarter written:")?;
            pantry.fill(2);
            let all = show("all written:")?;
            drop(phone);
            let ended = waitpid(child, None)?;
            assert_eq!(ended, WaitStatus::Exited(child, 0), "hers is as it was");
            let seen = [before, after, quarter, all];
            assert_eq!(seen, [64, 0, 16, 64], "I got a copy of what I wrote to");
        }
    }
    Ok(())
}
