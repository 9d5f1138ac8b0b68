//! `waitid` with `WNOWAIT` waits for an end and leaves the status where it is.

use std::process::{Child, Command};
use std::{fs, io};

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

pub fn state_at_its_end(child: &Child) -> io::Result<String> {
    let pid = Pid::from_raw(child.id() as i32);
    waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;

    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let state = status.lines().find_map(|line| line.strip_prefix("State:"));
    Ok(state.expect("each status has it").trim().to_owned())
}

pub fn main() -> io::Result<()> {
    let mut child = Command::new("sh").args(["-c", "exit 7"]).spawn()?;
    let state = state_at_its_end(&child);
    // First of all, so that no zombie stays if there is no answer.
    let status = child.wait()?;
    let state = state?;
    println!("{state}");
    assert_eq!(state, "Z (zombie)");
    assert_eq!(status.code(), Some(7), "the status was still there");
    Ok(())
}
