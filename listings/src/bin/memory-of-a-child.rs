//! A forked child has page tables of its own at once, and pages of its own once it
//! writes.

use std::{fs, io, process};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, SysconfVar, fork, sysconf};

const PANTRY: usize = 64 * 1024 * 1024;

/// A size in KiB from a file of /proc/self, which says kB for it.
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
    assert!(cfg!(target_os = "linux"), "only Linux has smaps_rollup");
    let page =
        sysconf(SysconfVar::PAGE_SIZE)?.expect("each system has it") as usize;
    let own = || kib("smaps_rollup", "Private_Dirty:").map(|kib| kib / 1024);
    let mut pantry = vec![1_u8; PANTRY];

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            println!("child: {} MiB of my own, after the fork", own()?);
            assert!(own()? < 8, "next to no page is copied yet");
            let entries = PANTRY / page;
            let tables = entries * size_of::<usize>() / 1024;
            assert!(
                kib("status", "VmPTE:")? >= tables,
                "but the page tables are"
            );
            pantry.fill(2);
            println!("child: {} MiB of my own, after writing to all", own()?);
            assert!(own()? >= 64, "each page that I wrote to is my own now");
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    assert!(
        pantry.iter().all(|&gram| gram == 1),
        "the parent's are as they were"
    );
    Ok(())
}
