//! A process that has ended stays in the process table until its parent takes its
//! status.

use std::{fs, io, process};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/PID/status");
    // Blocked, the news of a child's end waits for us to ask for it.
    let news = SigSet::from(Signal::SIGCHLD);
    news.thread_block()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => process::exit(7),
        ForkResult::Parent { child } => {
            assert_eq!(news.wait()?, Signal::SIGCHLD);
            let status = format!("/proc/{child}/status");
            let text = fs::read_to_string(&status)?;
            let state = text.lines().find(|line| line.starts_with("State:"));
            println!(
                "ended:  pid {child}, {}",
                state.expect("each status has it")
            );
            assert_eq!(state, Some("State:\tZ (zombie)"));
            assert!(!text.contains("VmSize:"), "it has no memory any more");

            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 7));
            println!("reaped: pid {child} exited with 7");
            assert!(!fs::exists(&status)?, "now the number is free again");
        }
    }
    Ok(())
}
