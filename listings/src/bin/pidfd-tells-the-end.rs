//! A pidfd becomes readable when its process ends: an end is an event to wait for, beside
//! others and with a limit of time.

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use std::os::fd::{AsFd, FromRawFd, OwnedFd};
    use std::process;

    use nix::errno::Errno;
    use nix::libc;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
    use nix::unistd::{ForkResult, fork, pipe, read};

    let (reader, writer) = pipe()?;
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            drop(writer);
            read(&reader, &mut [0])?;
            process::exit(7);
        }
        ForkResult::Parent { child } => child,
    };
    // SAFETY: two plain numbers. I haven't reaped her, so the number is hers.
    let opened = unsafe { libc::syscall(libc::SYS_pidfd_open, child.as_raw(), 0) };
    let pidfd = match Errno::result(opened) {
        // SAFETY: a new descriptor, which nobody else owns.
        Ok(fd) => unsafe { OwnedFd::from_raw_fd(fd as i32) },
        Err(errno) => {
            println!("Not here: no pidfds: {errno}");
            drop(writer);
            waitid(Id::Pid(child), WaitPidFlag::WEXITED)?;
            return Ok(());
        }
    };

    let mut ends = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
    let early = poll(&mut ends, PollTimeout::ZERO)?;
    println!("she works:    {early} of 1 has ended");
    assert_eq!(early, 0, "she waits for me");

    drop(writer);
    let late = poll(&mut ends, 10_000_u16)?;
    println!("I let her go: {late} of 1 has ended");
    assert_eq!(late, 1, "within ten seconds");

    // Not by her number: no other can be meant.
    let ended = waitid(Id::PIDFd(pidfd.as_fd()), WaitPidFlag::WEXITED)?;
    assert_eq!(ended, WaitStatus::Exited(child, 7));
    println!("reaped by her pidfd: exit status 7");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has pidfds");
}
