//! SIGTERM doesn't end the first process of a PID namespace if it has no handler for it,
//! and SIGKILL from outside does.

#[cfg(target_os = "linux")]
fn main() -> nix::Result<()> {
    use nix::errno::Errno;
    use nix::sched::{CloneFlags, clone};
    use nix::sys::prctl::set_pdeathsig;
    use nix::sys::signal::{Signal, kill};
    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::{pipe, read, write};

    /// How a process ends that is sent SIGTERM, then a question, and SIGKILL if it answers.
    fn end(new: CloneFlags) -> nix::Result<WaitStatus> {
        let (ask, asked) = pipe()?;
        let (answer, answered) = pipe()?;
        let serve = Box::new(|| {
            let _ = set_pdeathsig(Signal::SIGKILL);
            // Answers one question, and waits for the next.
            let served = read(&ask, &mut [0]).and_then(|_| write(&answered, b"!"));
            let _ = served.and_then(|_| read(&ask, &mut [0]));
            0
        });
        let mut stack = vec![0; 256 * 1024];
        let report = Some(Signal::SIGCHLD as i32);
        // SAFETY: without CLONE_VM this is a fork: the child has a copy of all memory,
        // its stack among it. There is one thread, so no lock can be left behind in it.
        let child = unsafe { clone(serve, &mut stack, new, report)? };
        drop((ask, answered));
        kill(child, Signal::SIGTERM)?;
        // Fails if she is gone; then there is no answer.
        let _ = write(&asked, b"?");
        if read(&answer, &mut [0])? == 1 {
            kill(child, Signal::SIGKILL)?;
        }
        waitpid(child, None)
    }

    // A write to a process that is gone is an error here, and no signal: std ignores SIGPIPE.
    let ordinary = end(CloneFlags::empty())?;
    println!("an ordinary process: {ordinary:?}");
    assert!(matches!(
        ordinary,
        WaitStatus::Signaled(_, Signal::SIGTERM, false)
    ));

    match end(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID) {
        Ok(first) => {
            println!("process 1 of a town: {first:?}");
            assert!(matches!(
                first,
                WaitStatus::Signaled(_, Signal::SIGKILL, false)
            ));
        }
        Err(
            errno @ (Errno::EPERM
            | Errno::EACCES
            | Errno::ENOSPC
            | Errno::EUSERS
            | Errno::ENOSYS
            | Errno::EINVAL),
        ) => {
            println!("Not here: no new PID namespace: {errno}");
        }
        Err(errno) => return Err(errno),
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has PID namespaces");
}
