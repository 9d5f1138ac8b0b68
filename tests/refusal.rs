//! Runs a program with system calls refused: one that creates a process or thread, as by a limit on
//! their number, or those that containers don't allow.
//!
//! A filter of seccomp(2) stops each call of a number that is judged, and asks us whether it may go
//! on (seccomp_unotify(2)). So glibc and the program see the kernel's own refusal, whichever function
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
use nix::unistd::{Pid, gettid};

/// A system call that waits for our decision.
pub struct Call {
    pub number: c_long,
    pub arguments: [u64; 6],
    /// Whose thread made it.
    pub process: Pid,
}

/// Who decides on the system calls of a program, and of all that it starts.
pub trait Judge {
    /// How the kernel is to refuse the call, if it is.
    fn refuses(&mut self, call: &Call) -> Option<Errno>;

    /// The caller has the answer. A signal may interrupt a call before: it is then begun anew, and
    /// asks again.
    fn has_answered(&mut self, _call: &Call) {}
}

/// Runs a program whose system calls of these numbers are judged.
///
/// # Errors
/// When the kernel allows no such filter, or the program can't be started or watched.
pub fn run_judged(program: &Path, calls: &[c_long], judge: &mut impl Judge) -> Result<Run> {
    thread::scope(|threads| {
        let (send, receive) = mpsc::channel();
        let runner = threads.spawn(move || {
            send.send((filter(calls)?, gettid()))
                .expect("it is awaited");
            run(program, LIMIT)
        });
        // None if there is no filter: the runner's error says why.
        let answered = receive
            .recv()
            .ok()
            .map(|(listener, runner)| answer(&listener, runner, judge));
        let run = runner.join().expect("a run doesn't panic")?;
        answered.expect("it has run")?;
        Ok(run)
    })
}

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
/// As those of [`run_judged`].
pub fn run_refused(program: &Path, creator: Creator, nth: usize) -> Result<(Run, usize)> {
    let mut one = OneCreation {
        creator,
        nth,
        first: None,
        made: HashMap::new(),
    };
    let run = run_judged(program, CREATIONS, &mut one)?;
    Ok((run, one.made.into_values().max().unwrap_or(0)))
}

/// Refuses one creation.
struct OneCreation {
    creator: Creator,
    nth: usize,
    first: Option<Pid>,
    /// How many creations each process has made that counts.
    made: HashMap<Pid, usize>,
}

impl OneCreation {
    fn counts(&mut self, process: Pid) -> bool {
        let is_first = *self.first.get_or_insert(process) == process;
        is_first == (self.creator == Creator::First)
    }
}

impl Judge for OneCreation {
    fn refuses(&mut self, call: &Call) -> Option<Errno> {
        let before = self.made.get(&call.process).copied().unwrap_or(0);
        (self.counts(call.process) && before + 1 == self.nth).then_some(Errno::EAGAIN)
    }

    fn has_answered(&mut self, call: &Call) {
        if self.counts(call.process) {
            *self.made.entry(call.process).or_insert(0) += 1;
        }
    }
}

/// Why this kernel or container lets no creation be refused, if so.
pub fn missing() -> Option<String> {
    let error = thread::spawn(|| filter(CREATIONS))
        .join()
        .expect("no panic")
        .err()?;
    Some(format!("{error:#}"))
}

/// The system calls that create a process or a thread.
pub const CREATIONS: &[c_long] = &[
    libc::SYS_clone,
    libc::SYS_clone3,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
];

/// Has the kernel ask for each of these calls by this thread, and by all that it starts from now on.
fn filter(calls: &[c_long]) -> Result<OwnedFd> {
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
    for (&call, to_the_last) in calls.iter().zip((1..=calls.len() as u8).rev()) {
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
    let listener = Errno::result(listener).context(
        "no system call can be refused here: seccomp(2) allows no filter with a listener",
    )?;
    // SAFETY: it was just opened, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(listener as i32) })
}

/// Answers until all that the filter holds for has ended, of which our thread `runner` is the first.
fn answer(listener: &OwnedFd, runner: Pid, judge: &mut impl Judge) -> Result<()> {
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
            return Ok(());
        }
        let Some(question) = receive(listener)? else {
            continue;
        };
        // While it forks, it holds the allocator's locks: nothing may be allocated before the answer.
        if question.pid == runner.as_raw().cast_unsigned() {
            reply(listener, &question, None)?;
            continue;
        }
        let call = Call {
            number: question.data.nr.into(),
            arguments: question.data.args,
            process: process_of(question.pid)?,
        };
        let refusal = judge.refuses(&call);
        if reply(listener, &question, refusal)? {
            judge.has_answered(&call);
        }
    }
}

/// None if whoever asked was interrupted or killed meanwhile.
fn receive(listener: &OwnedFd) -> Result<Option<libc::seccomp_notif>> {
    // SAFETY: it is made of integers.
    let mut question: libc::seccomp_notif = unsafe { mem::zeroed() };
    control(listener, libc::SECCOMP_IOCTL_NOTIF_RECV, &mut question)
        .map(|there| there.then_some(question))
}

/// Whether the answer arrived.
fn reply(
    listener: &OwnedFd,
    question: &libc::seccomp_notif,
    refusal: Option<Errno>,
) -> Result<bool> {
    let (error, flags) = match refusal {
        Some(errno) => (-(errno as i32), 0),
        None => (0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32),
    };
    let mut reply = libc::seccomp_notif_resp {
        id: question.id,
        val: 0,
        error,
        flags,
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
        Err(error) => Err(error).context("can't hear or answer who makes a system call"),
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
