//! In namespaces of its own, a process is number 1 and names its host as it likes.

use nix::errno::Errno;
use nix::sys::signal::Signal::SIGCHLD;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{gethostname, getpid, sethostname};

/// What the child does: gives 0, or the number of the kernel's refusal.
fn move_in() -> isize {
    if let Err(errno) = sethostname("new-house") {
        return errno as isize;
    }
    let name = gethostname().expect("it has just been set");
    println!("child: pid {}, on the host {name:?}", getpid());
    assert_eq!(name, "new-house");
    assert_eq!(getpid().as_raw(), 1, "in a new town she is the first");
    0
}

#[cfg(target_os = "linux")]
fn main() -> nix::Result<()> {
    use nix::sched::{CloneFlags, clone};

    let name = gethostname()?;
    // In the first she has all capabilities, and so may have the other two.
    let new = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWPID;
    let (move_in, mut stack) = (Box::new(move_in), vec![0; 256 * 1024]);

    // SAFETY: without CLONE_VM this is a fork: the child has a copy of all memory, its
    // stack among it. There is one thread, so no lock can be left behind in it.
    let child = unsafe { clone(move_in, &mut stack, new, Some(SIGCHLD as i32)) };
    let refusal = match child.and_then(|child| waitpid(child, None)) {
        Ok(WaitStatus::Exited(child, 0)) => {
            println!("me:    pid {child} is what I call her");
            None
        }
        Ok(WaitStatus::Exited(_, code)) => Some(Errno::from_raw(code)),
        Ok(other) => panic!("she moves in or is refused: {other:?}"),
        Err(errno) => Some(errno),
    };
    if let Some(errno) = refusal {
        let why = match errno {
            Errno::EPERM | Errno::EACCES => {
                "not to this process, as in many containers"
            }
            Errno::ENOSPC => "a limit in /proc/sys/user is reached",
            Errno::EINVAL | Errno::ENOSYS => "this kernel is built without them",
            other => panic!("not a refusal that we know: {other}"),
        };
        println!("Not here: no new namespaces, {errno} ({why})");
    }
    assert_eq!(
        gethostname()?,
        name,
        "she named her own house, and not mine"
    );
    println!("me:    my host has the name that it had");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has namespaces");
}
