//! Dropping a `Child` reaps nobody: the zombie stays until somebody waits.

use std::process::Command;
use std::{fs, io};

use nix::sys::wait::{self, WaitStatus, waitpid};
use nix::unistd::Pid;

#[cfg(target_os = "linux")]
fn main() -> io::Result<()> {
    let child = Command::new("true").spawn()?;
    let pid = Pid::from_raw(child.id() as i32);
    let state = || {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("State:\t"));
        io::Result::Ok(line.expect("each status has it").to_owned())
    };
    // Waits for the end, and leaves the status where it is.
    let its_end = wait::WaitPidFlag::WEXITED | wait::WaitPidFlag::WNOWAIT;
    wait::waitid(wait::Id::Pid(pid), its_end)?;

    println!("ended:   pid {pid}, {}", state()?);
    drop(child);
    println!("dropped: pid {pid}, {}", state()?);
    assert_eq!(state()?, "Z (zombie)", "nobody has taken its status");

    assert_eq!(waitpid(pid, None)?, WaitStatus::Exited(pid, 0));
    let gone = state().expect_err("now its number is free").kind();
    println!("reaped:  pid {pid}, {gone}");
    assert_eq!(gone, io::ErrorKind::NotFound);
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has /proc/PID/status");
}
