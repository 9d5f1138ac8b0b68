//! A pidfd becomes readable when its process ends, and looking reaps nobody.

use std::io;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::process::Command;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;

pub fn first_to_end(children: &[Pid], limit: Duration) -> io::Result<Option<Pid>> {
    let open = |child: &Pid| {
        // SAFETY: two plain numbers. She isn't reaped yet, so the number is hers.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, child.as_raw(), 0) };
        let fd = Errno::result(fd)? as i32;
        // SAFETY: a new descriptor, which nobody else owns.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    };
    let pidfds: Vec<OwnedFd> =
        children.iter().map(open).collect::<io::Result<_>>()?;
    let mut ends: Vec<_> = pidfds
        .iter()
        .map(|pidfd| PollFd::new(pidfd.as_fd(), PollFlags::POLLIN))
        .collect();
    let limit = PollTimeout::try_from(limit).map_err(io::Error::other)?;
    poll(&mut ends, limit)?;
    let mut all = children.iter().zip(&ends);
    Ok(all
        .find(|(_, end)| end.any() == Some(true))
        .map(|(child, _)| *child))
}

pub fn main() -> io::Result<()> {
    let mut child = Command::new("true").spawn()?;
    let pid = Pid::from_raw(child.id() as i32);
    let ended = first_to_end(&[pid], Duration::from_secs(10));
    let status = child.wait()?;
    println!("she has ended, {status}");
    assert!(ended? == Some(pid) && status.success());
    Ok(())
}
