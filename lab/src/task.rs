//! The tasks that take part in a row: where they run, how the second one is made, what they share.

use std::fs::File;
use std::num::NonZeroUsize;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{ptr, thread};

use anyhow::{Context, Result, bail};
use nix::libc;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, fork};

use crate::record::Place;

/// The CPUs that this process may use.
fn cpus() -> Result<Vec<usize>> {
    let allowed = sched_getaffinity(Pid::from_raw(0)).context("can't ask for the CPUs")?;
    Ok((0..CpuSet::count())
        .filter(|&cpu| allowed.is_set(cpu).unwrap_or(false))
        .collect())
}

/// The CPU of the rows on one CPU.
///
/// # Errors
/// A kernel that names none.
pub fn last_cpu() -> Result<usize> {
    let last = cpus()?.last().copied();
    last.context("the kernel names no CPU that may be used")
}

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
    /// Puts the calling thread, and who it will make, in its place. The last CPUs are taken: the
    /// first one most often serves interrupts.
    ///
    /// # Errors
    /// A place that needs two CPUs where one may be used.
    pub fn settle(place: Place) -> Result<Self> {
        let sides = match place {
            Place::Free => None,
            Place::OneCpu => Some([last_cpu()?; 2]),
            Place::TwoCpus => match cpus()?[..] {
                [.., one, other] => Some([one, other]),
                _ => bail!("it needs two CPUs, and one may be used here"),
            },
        };
        if let Some([first, _]) = sides {
            pin(first)?;
        }
        Ok(Self { sides })
    }
}

/// Whether the second task is a process of its own or a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Processes,
    Threads,
}

impl Who {
    pub const BOTH: [Self; 2] = [Self::Processes, Self::Threads];

    pub fn name(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Threads => "threads",
        }
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
    let mut body = move || -> Result<()> {
        if let Some([_, second]) = cpus.sides {
            pin(second)?;
        }
        loop {
            work()?;
        }
    };
    match who {
        Who::Threads => {
            // Detached: it ends with the process.
            thread::Builder::new()
                .spawn(move || body().expect("the other side works as long as this one"))
                .context("can't start a thread")?;
            Ok(None)
        }
        Who::Processes => {
            // SAFETY: a row's process has one thread until it starts a thread as its other side,
            // and it starts one other side: no lock can be left behind in the child.
            match unsafe { fork() }.context("can't fork")? {
                ForkResult::Parent { child } => Ok(Some(child)),
                ForkResult::Child => {
                    // Also where the row's process is killed.
                    let _ = set_pdeathsig(Signal::SIGKILL);
                    let _ = body();
                    // SAFETY: _exit(2) touches no memory. It leaves the parent's handlers alone.
                    unsafe { libc::_exit(1) }
                }
            }
        }
    }
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
        let flag = match who {
            Who::Processes => 0,
            Who::Threads => libc::FUTEX_PRIVATE_FLAG,
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
