//! Runs a program with a creation of a process or thread refused, as by a limit on their number.
//!
//! A filter of seccomp(2) stops each system call that creates one, and asks us whether it may go on
//! (seccomp_unotify(2)). So glibc and the program see the kernel's own refusal, whichever function
//! asked. No privilege is needed: the filter holds for one thread of ours and for what it starts.

use std::collections::HashMap;
use std::fs;
use std::mem::{self, offset_of};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result, bail};
use book::programs::{LIMIT, Run, run};
use nix::errno::Errno;
use nix::libc::{self, c_long, c_uint};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::unistd::{Pid, getpid};

/// Whose creations are counted. By this and a number, a refusal is the same in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creator {
    /// The program's first process.
    First,
    /// All others, each by a count of its own.
    Others,
}

/// Runs a program with the `nth` creation by `creator` refused with `EAGAIN`. Gives how many there
/// were, the refused one among them: with fewer than `nth`, nothing was refused.
///
/// # Errors
/// When the kernel allows no such filter, or the program can't be started or watched.
pub fn run_refused(program: &Path, creator: Creator, nth: usize) -> Result<(Run, usize)> {
    thread::scope(|threads| {
        let (send, receive) = mpsc::channel();
        let runner = threads.spawn(move || {
            send.send(filter()?).expect("it is awaited");
            run(program, LIMIT)
        });
        // None if there is no filter: the runner's error says why.
        let answered = receive
            .recv()
            .ok()
            .map(|listener| answer(&listener, creator, nth));
        let run = runner.join().expect("a run doesn't panic")?;
        Ok((run, answered.expect("it has run")?))
    })
}

/// Why this kernel or container lets no creation be refused, if so.
pub fn missing() -> Option<String> {
    let error = thread::spawn(filter).join().expect("no panic").err()?;
    Some(format!("{error:#}"))
}

/// The system calls that create a process or a thread.
const CREATIONS: &[c_long] = &[
    libc::SYS_clone,
    libc::SYS_clone3,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
];

/// Has the kernel ask for each creation by this thread, and by all that it starts from now on.
fn filter() -> Result<OwnedFd> {
    let operation = |code: c_uint, k, jt| libc::sock_filter {
        code: code as u16,
        jt,
        jf: 0,
        k,
    };
    let number = offset_of!(libc::seccomp_data, nr) as u32;
    let mut code = vec![operation(
        libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
        number,
        0,
    )];
    for (&call, to_the_last) in CREATIONS.iter().zip((1..=CREATIONS.len() as u8).rev()) {
        let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        code.push(operation(equal, call as u32, to_the_last));
    }
    code.push(operation(libc::BPF_RET, libc::SECCOMP_RET_ALLOW, 0));
    code.push(operation(libc::BPF_RET, libc::SECCOMP_RET_USER_NOTIF, 0));
    let program = libc::sock_fprog {
        len: code.len() as u16,
        filter: code.as_mut_ptr(),
    };

    // Without it, only a privileged process may have a filter.
    prctl::set_no_new_privs()?;
    // SAFETY: the program lives until the kernel has copied it, with the length that it states.
    let listener = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const program,
        )
    };
    let listener = Errno::result(listener)
        .context("no creation can be refused here: seccomp(2) allows no filter with a listener")?;
    // SAFETY: it was just opened, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(listener as i32) })
}

/// Answers until all that the filter holds for has ended.
fn answer(listener: &OwnedFd, creator: Creator, nth: usize) -> Result<usize> {
    let mut first = None;
    let mut made = HashMap::new();
    loop {
        let mut asked = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        match poll(&mut asked, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            result => result?,
        };
        if !asked[0]
            .revents()
            .is_some_and(|events| events.contains(PollFlags::POLLIN))
        {
            break;
        }
        let Some(question) = receive(listener)? else {
            continue;
        };
        let process = process_of(question.pid)?;
        let counts = process != getpid()
            && (*first.get_or_insert(process) == process) == (creator == Creator::First);
        let before = made.get(&process).copied().unwrap_or(0);
        let refused = counts && before + 1 == nth;
        // A signal may have interrupted the call, which is then begun anew and asks again.
        if reply(listener, &question, refused)? && counts {
            made.insert(process, before + 1);
        }
    }
    Ok(made.into_values().max().unwrap_or(0))
}

/// None if whoever asked was interrupted or killed meanwhile.
fn receive(listener: &OwnedFd) -> Result<Option<libc::seccomp_notif>> {
    // SAFETY: it is made of integers.
    let mut question: libc::seccomp_notif = unsafe { mem::zeroed() };
    control(listener, libc::SECCOMP_IOCTL_NOTIF_RECV, &mut question)
        .map(|there| there.then_some(question))
}

/// Whether the answer arrived.
fn reply(listener: &OwnedFd, question: &libc::seccomp_notif, refused: bool) -> Result<bool> {
    let mut reply = libc::seccomp_notif_resp {
        id: question.id,
        val: 0,
        error: if refused { -libc::EAGAIN } else { 0 },
        flags: if refused {
            0
        } else {
            libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32
        },
    };
    control(listener, libc::SECCOMP_IOCTL_NOTIF_SEND, &mut reply)
}

/// False if whoever asked doesn't wait any more.
fn control<T>(listener: &OwnedFd, request: libc::Ioctl, argument: &mut T) -> Result<bool> {
    // SAFETY: the callers give what each request reads or writes (seccomp_unotify(2)).
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), request, &raw mut *argument) };
    match Errno::result(result) {
        Ok(_) => Ok(true),
        Err(Errno::ENOENT | Errno::EINTR) => Ok(false),
        Err(error) => Err(error).context("can't hear or answer who creates a process or thread"),
    }
}

/// The process of a thread that waits for our answer.
fn process_of(thread: u32) -> Result<Pid> {
    let file = format!("/proc/{thread}/status");
    let status = fs::read_to_string(&file).with_context(|| format!("can't read {file}"))?;
    let Some(pid) = status.lines().find_map(|line| line.strip_prefix("Tgid:")) else {
        bail!("{file} names no process");
    };
    Ok(Pid::from_raw(pid.trim().parse()?))
}
