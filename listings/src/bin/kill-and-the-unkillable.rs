//! `kill` succeeds and the process stays: it is a zombie, or it sleeps uninterruptibly.
//!
//! Longer than a page: each of the two takes a stage of its own.

use std::{fs, io, process, thread};

use nix::libc;
use nix::sched::{CloneFlags, clone};
use nix::sys::prctl::{set_child_subreaper, set_pdeathsig};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, wait, waitid, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe, read, write};

/// What /proc says of a process under this name.
fn status(pid: Pid, name: &str) -> io::Result<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    Ok(line.expect("a name that each has").trim().to_owned())
}

extern "C" fn do_nothing(_: i32) {}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/PID/status");

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    let child = match unsafe { fork() }? {
        ForkResult::Child => process::exit(7),
        ForkResult::Parent { child } => child,
    };
    // Waits for the end, and leaves the zombie.
    waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    kill(child, Signal::SIGKILL)?;
    println!(
        "SIGKILL to a zombie: sent, and it is {}",
        status(child, "State:")?
    );
    let ended = waitpid(child, None)?;
    assert_eq!(
        ended,
        WaitStatus::Exited(child, 7),
        "as if I hadn't sent it"
    );

    // What my child leaves behind, I reap.
    set_child_subreaper(true)?;
    let (door, key) = pipe()?;
    let (news, tell) = pipe()?;
    // SAFETY: the same.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            set_pdeathsig(Signal::SIGKILL)?;
            let handler = SigHandler::Handler(do_nothing);
            // SAFETY: it does nothing that a handler may not do.
            unsafe { signal(Signal::SIGTERM, handler)? };
            drop(key);
            let wait = Box::new(|| {
                let told = write(&tell, b"!").and_then(|_| read(&door, &mut [0]));
                told.is_err().into()
            });
            let vfork = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
            let mut stack = vec![0; 64 * 1024];
            // SAFETY: the grandchild has this memory and a stack of its own in it. This
            // thread, the only one, stands still until the grandchild has ended, or is
            // killed and touches nothing any more.
            unsafe { clone(wait, &mut stack, vfork, Some(libc::SIGCHLD))? };
            process::exit(0);
        }
        ForkResult::Parent { child } => child,
    };
    drop((door, tell));
    read(&news, &mut [0])?;
    // The grandchild is there, and until it has ended, the vfork doesn't return.
    while !status(child, "State:")?.starts_with('D') {
        thread::yield_now();
    }
    kill(child, Signal::SIGTERM)?;
    let state = status(child, "State:")?;
    println!("SIGTERM to a vfork:  sent, and it is {state}");
    assert!(state.starts_with('D'), "it has a handler, which must wait");
    let pending = u64::from_str_radix(&status(child, "ShdPnd:")?, 16);
    let term = 1 << (libc::SIGTERM - 1);
    assert_eq!(pending.expect("hexadecimal") & term, term, "it is pending");

    kill(child, Signal::SIGKILL)?;
    let ended = waitpid(child, None)?;
    println!("SIGKILL to it:       {ended:?}");
    assert_eq!(ended, WaitStatus::Signaled(child, Signal::SIGKILL, false));
    drop(key);
    wait()?;
    Ok(())
}
