//! A process runs, sleeps, is stopped, ends, and is gone: /proc shows each state.

use std::fs::{self, File};
use std::io::{self, Read};
use std::{process, thread};

use nix::sys::signal::Signal::{SIGCONT, SIGKILL, SIGSTOP};
use nix::sys::signal::kill;
use nix::sys::wait::{self, WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe};

/// What /proc says of a process, such as `S (sleeping)`.
fn state(pid: Pid) -> io::Result<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("State:\t"));
    Ok(line.expect("each status has it").to_owned())
}

#[cfg(target_os = "linux")]
fn main() -> io::Result<()> {
    let (door, key) = pipe()?;
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    let child = match unsafe { fork() }? {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            // Also a stopped child is to end with its parent.
            nix::sys::prctl::set_pdeathsig(SIGKILL)?;
            drop(key);
            let mine = state(getpid())?;
            println!("{:<32}{mine}", "it looks itself up in /proc");
            assert_eq!(mine, "R (running)");
            File::from(door).read_to_string(&mut String::new())?;
            process::exit(0);
        }
    };
    let show = |cause: &str, letter: &str| {
        let state = state(child)?;
        println!("{cause:<32}{state}");
        assert!(state.starts_with(letter), "{cause}: {letter}");
        io::Result::Ok(())
    };
    // Nobody is told when a process falls asleep: look until it does or has ended.
    while !state(child)?.starts_with(['S', 'Z']) {
        thread::yield_now();
    }
    show("it waits for a byte", "S")?;

    kill(child, SIGSTOP)?;
    let stopped = waitpid(child, Some(WaitPidFlag::WUNTRACED))?;
    assert_eq!(stopped, WaitStatus::Stopped(child, SIGSTOP));
    show("it has got SIGSTOP", "T")?;
    kill(child, SIGCONT)?;

    drop(key);
    wait::waitid(
        wait::Id::Pid(child),
        WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT,
    )?;
    show("it has ended", "Z")?;

    assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
    let gone = state(child).expect_err("its number is free").kind();
    println!("{:<32}{gone}", "it has been waited for");
    assert_eq!(gone, io::ErrorKind::NotFound);
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has /proc/PID/status");
}
