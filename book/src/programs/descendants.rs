//! The processes below this one: its children, their children, and so on.
//!
//! This process must be their subreaper: then an orphan among them becomes its child, and none can
//! leave, neither by a process group nor by a session of its own.

use std::collections::HashSet;
use std::{fs, iter, mem};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{self, SigHandler, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getuid};
use procfs::ProcResult;
use procfs::process::{Process, Task, all_processes};

/// Has the kernel keep a child's status until this process takes it. It doesn't where whoever
/// started us ignores SIGCHLD, which we inherit: then waiting fails.
///
/// # Errors
/// Those of sigaction(2), of which none is expected.
pub fn keep_statuses() -> Result<()> {
    // SAFETY: the default action is no handler, which could do what a handler must not.
    unsafe { signal::signal(Signal::SIGCHLD, SigHandler::SigDfl) }
        .context("can't see how children end")?;
    Ok(())
}

/// Makes this process the parent of every orphan below it.
///
/// # Errors
/// A kernel that can't, or that doesn't tell a process's children.
pub fn adopt() -> Result<()> {
    keep_statuses()?;
    prctl::set_child_subreaper(true).context("can't become the reaper of orphans")?;
    fs::metadata("/proc/thread-self/children").context(
        "this kernel doesn't tell which children a process has (it needs CONFIG_PROC_CHILDREN)",
    )?;
    Ok(())
}

/// Goes through all, from the top. The children of each are read when the next one is asked for.
pub fn all() -> impl Iterator<Item = Pid> {
    let mut found = Vec::new();
    let mut last = Some(getpid());
    iter::from_fn(move || {
        found.extend(children(last?));
        last = found.pop();
        last
    })
}

/// Kills and reaps all. They may go on forking meanwhile.
///
/// # Errors
/// Those of waitpid(2), of which none is expected.
pub fn end() -> Result<()> {
    loop {
        let all = freeze();
        for &pid in &all {
            send(pid, Signal::SIGKILL);
        }
        // One of them is a child, for which we can wait without looking for it again and again.
        let mut wait = match all.is_empty() {
            true => WaitPidFlag::WNOHANG,
            false => WaitPidFlag::empty(),
        };
        loop {
            match waitpid(None, Some(wait)) {
                // An orphan would be our child: without a child, nothing is below us.
                Err(Errno::ECHILD) => return Ok(()),
                Err(error) => return Err(error).context("can't wait for processes to end"),
                Ok(WaitStatus::StillAlive) => break,
                Ok(_) => wait = WaitPidFlag::WNOHANG,
            }
        }
    }
}

/// Stops all, so that none takes the place of another that is killed.
///
/// One that is just forking gets one more child, so each is looked at again. Should that child come
/// even later, it is an orphan when its parent is killed.
fn freeze() -> HashSet<Pid> {
    let mut frozen = HashSet::new();
    let mut again = Vec::new();
    loop {
        let mut look = mem::take(&mut again);
        look.push(getpid());
        while let Some(pid) = look.pop() {
            for child in children(pid) {
                if frozen.insert(child) {
                    send(child, Signal::SIGSTOP);
                    look.push(child);
                    again.push(child);
                }
            }
        }
        if again.is_empty() {
            return frozen;
        }
    }
}

/// The number was read a moment ago. It can't be another process's by now: the kernel gives all
/// other numbers before it gives one again.
fn send(pid: Pid, signal: Signal) {
    // An error means that it has ended, and there is nothing left to do.
    let _ = kill(pid, signal);
}

/// A sentence for each that hasn't been reaped, up to as many as tell enough.
pub fn left() -> Vec<&'static str> {
    let has_ended = |pid: Pid| {
        let stat = Process::new(pid.as_raw()).and_then(|process| process.stat());
        stat.is_ok_and(|stat| matches!(stat.state, 'Z' | 'X'))
    };
    let tell = |pid| match has_ended(pid) {
        true => "a child that had ended and that nobody had reaped",
        false => "a process that still ran",
    };
    all().take(128).map(tell).collect()
}

/// None if the process has been reaped.
fn children(pid: Pid) -> Vec<Pid> {
    let of_thread = |thread: ProcResult<Task>| thread.and_then(|thread| thread.children());
    let threads = Process::new(pid.as_raw()).and_then(|process| process.tasks());
    let children = threads
        .into_iter()
        .flatten()
        .filter_map(|thread| of_thread(thread).ok());
    children
        .flatten()
        .map(|child| Pid::from_raw(child.cast_signed()))
        .collect()
}

/// How many threads it has. None if the process has been reaped.
pub fn threads(pid: Pid) -> usize {
    let threads = Process::new(pid.as_raw()).and_then(|process| process.tasks());
    threads.map_or(0, Iterator::count)
}

/// The anonymous and shared pages that are in memory, in bytes, from proc_pid_status(5).
pub fn memory(pid: Pid) -> u64 {
    let status = Process::new(pid.as_raw()).and_then(|process| process.status());
    let kib = status.map_or(0, |status| {
        status.rssanon.unwrap_or(0) + status.rssshmem.unwrap_or(0)
    });
    kib * 1024
}

/// How many threads the user of this process has.
pub fn threads_of_user() -> usize {
    let user = getuid().as_raw();
    let processes = all_processes().into_iter().flatten().flatten();
    processes
        .filter(|process| process.uid().is_ok_and(|found| found == user))
        .filter_map(|process| process.tasks().ok())
        .map(Iterator::count)
        .sum()
}
