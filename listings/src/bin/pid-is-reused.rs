//! A pid that was reaped may name a stranger by now. A pidfd never does.
//!
//! Longer than a page: it takes a PID namespace to have a number used again at once.

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File};
    use std::io::{self, Read};
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use std::{process, ptr};

    use nix::errno::Errno;
    use nix::libc;
    use nix::sys::signal::{Signal, kill};
    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::{ForkResult, Pid, fork, pipe};

    fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
        // SAFETY: two plain numbers. What is returned is a new descriptor.
        unsafe {
            let fd = Errno::result(libc::syscall(
                libc::SYS_pidfd_open,
                pid.as_raw(),
                0,
            ))?;
            Ok(OwnedFd::from_raw_fd(fd as i32))
        }
    }

    fn pidfd_send(pidfd: &OwnedFd, signal: Signal) -> nix::Result<()> {
        let (fd, none) = (pidfd.as_raw_fd(), ptr::null::<libc::siginfo_t>());
        // SAFETY: without a siginfo_t, the call takes plain numbers.
        let sent = unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, fd, signal as i32, none, 0)
        };
        Errno::result(sent).map(drop)
    }

    /// A process that waits until a signal or I end it.
    fn start() -> io::Result<(Pid, OwnedFd)> {
        let (reader, writer) = pipe()?;
        // SAFETY: there is one thread, so no lock can be left behind in the child.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(writer);
                File::from(reader).read_to_end(&mut Vec::new())?;
                process::exit(0);
            }
            ForkResult::Parent { child } => Ok((child, writer)),
        }
    }

    /// What the first process of a new PID namespace does.
    pub fn in_a_town_of_few() -> io::Result<()> {
        let (sister, end) = start()?;
        let name = pidfd_open(sister)?;
        drop(end);
        assert_eq!(waitpid(sister, None)?, WaitStatus::Exited(sister, 0));
        println!("sister was pid {sister}; she has ended, and I have reaped her");

        // The kernel counts on from here. Elsewhere it counts up to `pid_max` first.
        fs::write(
            "/proc/sys/kernel/ns_last_pid",
            (sister.as_raw() - 1).to_string(),
        )?;
        let (stranger, end) = start()?;
        println!("a stranger comes, and is pid {stranger}");
        assert_eq!(stranger, sister, "the number was free");

        let by_pidfd = pidfd_send(&name, Signal::SIGTERM);
        println!("SIGTERM to sister, by pidfd: {by_pidfd:?}");
        assert_eq!(by_pidfd, Err(Errno::ESRCH), "sister is gone");

        kill(sister, Signal::SIGTERM)?;
        let ended = waitpid(stranger, None)?;
        drop(end);
        println!("SIGTERM to sister, by pid:   it ended the stranger");
        let wanted = WaitStatus::Signaled(stranger, Signal::SIGTERM, false);
        assert_eq!(ended, wanted, "the number is hers now");
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use std::io::ErrorKind;

    use nix::sched::{CloneFlags, clone};
    use nix::sys::signal::Signal::SIGCHLD;
    use nix::sys::wait::{WaitStatus, waitpid};

    /// What containers and old kernels answer.
    const REFUSED: [ErrorKind; 3] = [
        ErrorKind::PermissionDenied,
        ErrorKind::Unsupported,
        ErrorKind::ReadOnlyFilesystem,
    ];
    let new = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID;
    let child = Box::new(|| match linux::in_a_town_of_few() {
        Ok(()) => 0,
        Err(error) if REFUSED.contains(&error.kind()) => {
            println!("Not here: no pidfds, or no choice of the next pid: {error}");
            0
        }
        Err(error) => panic!("{error}"),
    });
    let mut stack = vec![0; 256 * 1024];
    // SAFETY: without CLONE_VM this is a fork: the child has a copy of all memory, its
    // stack among it. There is one thread, so no lock can be left behind in it.
    let child = match unsafe { clone(child, &mut stack, new, Some(SIGCHLD as i32)) }
    {
        Ok(child) => child,
        Err(errno) => {
            println!("Not here: no new PID namespace: {errno}");
            return Ok(());
        }
    };
    assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has PID namespaces and pidfds");
}
