//! Which system calls a row makes: counted by ptrace(2), as strace does, in a run of its own.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use syscalls::Sysno;

use crate::clock::{BEGIN, END};
use crate::interrupt;
use crate::stand::{Process, Stand};

/// The system calls of one operation, by name, of all tasks of the row, whose operations come in
/// multiples of `step`. What is only called at the
/// beginning or the end of a sample isn't among them.
///
/// # Errors
/// A kernel or a container that forbids ptrace, and a row that fails.
pub fn count(lab: &Path, stand: &Stand, entry: usize, step: u64) -> Result<BTreeMap<String, f64>> {
    let (few, many) = (8 * step, 58 * step);
    let (fewer, more) = (run(lab, stand, entry, few)?, run(lab, stand, entry, many)?);
    let calls = more.into_iter().filter_map(|(name, calls)| {
        let others = fewer.get(&name).copied().unwrap_or_default();
        let each = calls.saturating_sub(others) as f64 / (many - few) as f64;
        // Less is a call at the edge of a sample.
        (each >= 0.05).then_some((name, each))
    });
    Ok(calls.collect())
}

/// The system calls of all tasks between the marks of the row's clock.
fn run(lab: &Path, stand: &Stand, entry: usize, operations: u64) -> Result<BTreeMap<String, u64>> {
    let process = Process::start_traced(lab, stand, entry, operations)?;
    let row = process.pid();
    match waitpid(row, Some(WaitPidFlag::WUNTRACED)).context("can't wait for the row")? {
        WaitStatus::Stopped(_, Signal::SIGSTOP) => {}
        _ => bail!("ptrace(2) is refused"),
    }
    ptrace::setoptions(
        row,
        Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_EXITKILL,
    )?;
    ptrace::syscall(row, None)?;

    let mut calls = BTreeMap::new();
    let mut is_counting = false;
    loop {
        let (pid, pass_on) = match waitpid(None, Some(WaitPidFlag::__WALL)) {
            Err(Errno::EINTR) => {
                interrupt::check()?;
                continue;
            }
            Err(Errno::ECHILD) => bail!("the row is gone"),
            Err(errno) => return Err(errno).context("can't wait for the row"),
            Ok(WaitStatus::Exited(pid, 0)) if pid == row => return Ok(calls),
            Ok(WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..)) if pid == row => {
                bail!("the row didn't end well under ptrace(2)")
            }
            Ok(WaitStatus::PtraceSyscall(pid)) => {
                if is_counting && let Some(name) = entered(pid)? {
                    *calls.entry(name).or_default() += 1;
                }
                (pid, None)
            }
            Ok(WaitStatus::Stopped(pid, signal)) => match signal {
                BEGIN | END if pid == row => {
                    is_counting = signal == BEGIN;
                    (pid, None)
                }
                // How ptrace(2) says that a task begins to be traced.
                Signal::SIGSTOP => (pid, None),
                signal => (pid, Some(signal)),
            },
            Ok(status) => match status.pid() {
                Some(pid)
                    if !matches!(status, WaitStatus::Exited(..) | WaitStatus::Signaled(..)) =>
                {
                    (pid, None)
                }
                _ => continue,
            },
        };
        match ptrace::syscall(pid, pass_on) {
            // Killed meanwhile: its end is reported next.
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(errno) => return Err(errno).context("can't go on tracing"),
        }
    }
}

/// The name of the system call that a stopped task is entering; none if it is leaving one, or if
/// it is the one by which the row's clock sends its marks.
fn entered(pid: Pid) -> Result<Option<String>> {
    let info = match ptrace::syscall_info(pid) {
        Ok(info) => info,
        Err(Errno::ESRCH) => return Ok(None),
        Err(errno) => return Err(errno).context("the kernel doesn't tell system calls apart"),
    };
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return Ok(None);
    }
    // SAFETY: for this kind of stop the kernel has filled in `entry`: ptrace(2),
    // PTRACE_GET_SYSCALL_INFO.
    let number = unsafe { info.u.entry.nr };
    let name = usize::try_from(number).ok().and_then(Sysno::new);
    let name = name.map_or_else(|| format!("system call {number}"), |name| name.to_string());
    Ok((name != "tgkill").then_some(name))
}
