//! The tasks that take part in a row: where they run, how the second one is made, what they share.

use std::fs::{self, File};
use std::io::Write;
use std::num::NonZeroUsize;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{ptr, thread};

use anyhow::{Context, Result, bail, ensure};
use nix::libc;
use nix::sched::{CloneFlags, CpuSet, clone, sched_setaffinity, sched_yield, unshare};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, gettid, pause};

use crate::record::Affinity;

fn pin(cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu)?;
    sched_setaffinity(Pid::from_raw(0), &set).with_context(|| format!("can't stay on CPU {cpu}"))
}

/// Where the two sides of a row run.
#[derive(Clone, Copy)]
pub struct Cpus {
    sides: Option<[usize; 2]>,
}

impl Cpus {
    /// Puts the calling thread, and who it will make, where it belongs, on the CPUs that
    /// [`Chosen::words`](crate::topology::Chosen::words) names.
    ///
    /// # Errors
    /// Two CPUs that are needed where one may be used.
    pub fn settle(affinity: Affinity, chosen: &str) -> Result<Self> {
        let chosen = chosen.split(' ').map(str::parse);
        let chosen = chosen.collect::<Result<Vec<usize>, _>>()?;
        let sides = match (affinity, &chosen[..]) {
            (Affinity::Free, _) => None,
            (Affinity::OneCpu, &[one, ..]) => Some([one; 2]),
            (Affinity::TwoCpus, &[one, other]) => Some([one, other]),
            _ => bail!("it needs two CPUs, and one may be used here"),
        };
        if let Some([first, _]) = sides {
            pin(first)?;
        }
        Ok(Self { sides })
    }
}

/// Whether the second task is a process of its own or a thread, and whether both have one table of
/// descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Processes,
    Threads,
    /// Made with CLONE_FILES: two address spaces, one table.
    ProcessesOneTable,
    /// One of them has called unshare(2) with CLONE_FILES: one address space, two tables.
    ThreadsTwoTables,
}

impl Who {
    pub const BOTH: [Self; 2] = [Self::Processes, Self::Threads];
    pub const WITH_THE_OTHER_TABLE: [Self; 2] = [Self::ProcessesOneTable, Self::ThreadsTwoTables];

    pub fn name(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Threads => "threads",
            Self::ProcessesOneTable => "processes-one-table",
            Self::ThreadsTwoTables => "threads-two-tables",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Threads => "threads",
            Self::ProcessesOneTable => "processes with one descriptor table",
            Self::ThreadsTwoTables => "threads with a descriptor table each",
        }
    }

    pub fn are_processes(self) -> bool {
        matches!(self, Self::Processes | Self::ProcessesOneTable)
    }
}

/// Starts the other side of a row: it does `work`, which ends only with the row's process. Gives
/// its number if it is a process.
///
/// # Errors
/// The kernel's refusal to make it.
pub fn start_other(
    who: Who,
    cpus: Cpus,
    mut work: impl FnMut() -> Result<()> + Send + 'static,
) -> Result<Option<Pid>> {
    let [task] = shared_numbers()?;
    let here = Futex::new(task, who);
    let mut body = move || -> Result<()> {
        if let Some([_, second]) = cpus.sides {
            pin(second)?;
        }
        if who == Who::ThreadsTwoTables {
            unshare(CloneFlags::CLONE_FILES).context("can't have a descriptor table alone")?;
        }
        here.set(gettid().as_raw().cast_unsigned());
        loop {
            work()?;
        }
    };
    // Also where the row's process is killed.
    let end_with_parent = || set_pdeathsig(Signal::SIGKILL);
    let partner = match who {
        Who::Threads | Who::ThreadsTwoTables => {
            // Detached: it ends with the process.
            thread::Builder::new()
                .spawn(move || body().expect("the other side works as long as this one"))
                .context("can't start a thread")?;
            None
        }
        Who::Processes => Some(fork_child(|| {
            let _ = end_with_parent();
            let _ = body();
        })?),
        Who::ProcessesOneTable => {
            let mut stack = vec![0; 256 << 10];
            // What it has open mustn't be closed here: the other side would lose it too.
            let body = Box::leak(Box::new(body));
            let child = Box::new(|| {
                let _ = end_with_parent();
                let _ = body();
                1
            });
            let flags = CloneFlags::CLONE_FILES;
            // SAFETY: without CLONE_VM the child has a copy of all memory, of the stack too, as
            // after a fork; and this process has one thread, so no lock can be left behind.
            let child = unsafe { clone(child, &mut stack, flags, Some(libc::SIGCHLD)) };
            Some(child.context("can't clone")?)
        }
    };
    // A side that can't get there ends, and the row with it.
    while task.load(Ordering::Acquire) == 0 {
        if let Some(child) = partner
            && waitpid(child, Some(WaitPidFlag::WNOHANG)) != Ok(WaitStatus::StillAlive)
        {
            bail!("the other side has ended");
        }
        sched_yield()?;
    }
    ensure_table(who, task.load(Ordering::Acquire))?;
    Ok(partner)
}

/// Forks a child that does `work` and ends. The parent gets its number.
///
/// # Errors
/// The kernel's refusal.
pub fn fork_child(work: impl FnOnce()) -> Result<Pid> {
    // SAFETY: the stand's process has one thread here (those that it made are joined), so no lock
    // can be left behind in the child.
    match unsafe { fork() }.context("can't fork")? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            work();
            // SAFETY: _exit(2) touches no memory. It leaves the parent's handlers alone.
            unsafe { libc::_exit(0) }
        }
    }
}

/// Forks a child that writes a byte and then waits, for its end.
///
/// # Errors
/// The kernel's refusal.
pub fn fork_sleeper(mut writer: &File) -> Result<Pid> {
    fork_child(|| {
        // Also where the row's process is killed.
        let _ = set_pdeathsig(Signal::SIGKILL);
        let _ = writer.write_all(&[0]);
        pause();
    })
}

/// Kills a child and reaps it.
///
/// # Errors
/// A child that isn't there.
pub fn end(child: Pid) -> Result<()> {
    kill(child, Signal::SIGKILL)?;
    waitpid(child, None)?;
    Ok(())
}

/// Makes sure that a task has this process's table of descriptors, or has not: a descriptor that is
/// opened here now is seen there, or isn't.
fn ensure_table(who: Who, task: u32) -> Result<()> {
    let new = File::open("/dev/null").context("can't open /dev/null")?;
    let process = if who.are_processes() {
        task.to_string()
    } else {
        "self".to_owned()
    };
    let seen = format!("/proc/{process}/task/{task}/fd/{}", new.as_raw_fd());
    let is_seen = fs::symlink_metadata(seen).is_ok();
    let is_one = matches!(who, Who::Threads | Who::ProcessesOneTable);
    ensure!(
        is_seen == is_one,
        "the descriptor tables aren't as they should be"
    );
    Ok(())
}

/// Memory that both sides have at one address, whether they are processes or threads. It is
/// zeroed, and stays as long as the process.
///
/// # Errors
/// The kernel's refusal.
pub fn shared_memory(bytes: usize) -> Result<NonNull<u8>> {
    let size = NonZeroUsize::new(bytes).context("some memory")?;
    let (access, kind) = (
        ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
        MapFlags::MAP_SHARED,
    );
    // SAFETY: a new mapping at a free address changes no memory that is in use.
    let memory = unsafe { mmap_anonymous(None, size, access, kind) };
    Ok(memory.context("can't map shared memory")?.cast())
}

/// Numbers in shared memory, all 0, each on a cache line of its own.
pub fn shared_numbers<const N: usize>() -> Result<[&'static AtomicU32; N]> {
    let memory = shared_memory(N * LINE)?;
    Ok(std::array::from_fn(|index| {
        // SAFETY: the mapping has N lines, is aligned to a page, is all zeros, which an AtomicU32
        // may be, is never unmapped, and is reached through these references alone.
        unsafe { memory.add(index * LINE).cast().as_ref() }
    }))
}

/// Two of x86's cache lines of 64 bytes, which it fetches in pairs (Intel's optimization manual,
/// "Spatial Prefetcher").
pub const LINE: usize = 128;

/// A number that one can sleep on until it changes: futex(2).
#[derive(Clone, Copy)]
pub struct Futex {
    pub number: &'static AtomicU32,
    flag: libc::c_int,
}

impl Futex {
    pub fn new(number: &'static AtomicU32, who: Who) -> Self {
        let flag = if who.are_processes() {
            0
        } else {
            libc::FUTEX_PRIVATE_FLAG
        };
        Self { number, flag }
    }

    /// Sleeps, unless the number is no longer `seen`. May return early.
    pub fn wait(self, seen: u32) {
        self.call(libc::FUTEX_WAIT, seen);
    }

    /// Sleeps until the number is `wanted`.
    pub fn wait_for(self, wanted: u32) {
        loop {
            let seen = self.number.load(Ordering::Acquire);
            if seen == wanted {
                return;
            }
            self.wait(seen);
        }
    }

    /// Wakes one sleeper.
    pub fn wake(self) {
        self.call(libc::FUTEX_WAKE, 1);
    }

    pub fn set(self, number: u32) {
        self.number.store(number, Ordering::Release);
        self.wake();
    }

    fn call(self, operation: libc::c_int, number: u32) {
        // SAFETY: the number lives as long as the process, FUTEX_WAIT only reads it, and there is
        // no timeout to point to. Each error (EAGAIN, EINTR) means: look again.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.number.as_ptr(),
                operation | self.flag,
                number,
                ptr::null::<libc::timespec>(),
            );
        }
    }
}

/// A pipe: what is read from the first comes out of what is written to the second.
pub fn pipe() -> Result<(File, File)> {
    let (reader, writer): (OwnedFd, OwnedFd) = nix::unistd::pipe().context("can't make a pipe")?;
    Ok((reader.into(), writer.into()))
}
