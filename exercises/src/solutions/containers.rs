//! `waitpid` takes one status a call, so it is called until there is none.

use std::process::Command;

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

pub fn reap() -> nix::Result<Vec<Pid>> {
    let mut reaped = Vec::new();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(reaped),
            Ok(ended) => reaped.extend(ended.pid()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

pub fn main() -> std::io::Result<()> {
    let none = reap()?;
    assert!(none.is_empty(), "nobody has started");
    let child = Command::new("true").spawn()?;
    let mut reaped = Vec::new();
    while reaped.is_empty() {
        reaped = reap()?;
    }
    println!("reaped: {} child", reaped.len());
    assert_eq!(reaped, [Pid::from_raw(child.id() as i32)]);
    Ok(())
}
