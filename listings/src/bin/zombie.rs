//! A process that has ended keeps its number until its parent takes its status.

use std::{fs, io, process};

use nix::sys::wait::{self, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

#[cfg(target_os = "linux")]
fn main() -> io::Result<()> {
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => process::exit(7),
        ForkResult::Parent { child } => {
            // Waits for the end, and leaves the status where it is.
            let its_end = wait::WaitPidFlag::WEXITED | wait::WaitPidFlag::WNOWAIT;
            wait::waitid(wait::Id::Pid(child), its_end)?;

            let status = format!("/proc/{child}/status");
            let text = fs::read_to_string(&status)?;
            let state = text.lines().find(|line| line.starts_with("State:"));
            println!(
                "ended:  pid {child}, {}",
                state.expect("each status has it")
            );
            assert_eq!(state, Some("State:\tZ (zombie)"));
            assert!(!text.contains("VmSize:"), "it has no memory any more");

            let reaped = waitpid(child, None)?;
            println!("reaped: {reaped:?}");
            assert_eq!(reaped, WaitStatus::Exited(child, 7));
            assert!(!fs::exists(&status)?, "now its number is free");
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has /proc/PID/status");
}
