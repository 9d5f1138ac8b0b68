//! A helper who does nothing, made and awaited: as a thread and as a process, in every way.

use std::ffi::{CStr, CString, c_void};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use std::{ptr, thread};

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, clone};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, execv, fork};
use tokio::runtime::{Builder, Runtime};

use super::stand_of_one;
use crate::clock::Clock;
use crate::record::{Affinity, Unit};
use crate::stand::{Bench, Benches, Each, Entry, Stand};

pub fn stands() -> Vec<Stand> {
    // Each in a process of its own: the C library keeps the stacks of threads that have ended, and
    // a fork copies the tables of what was kept.
    let ways = Way::ALL.into_iter().map(|way| Stand {
        affinity: Affinity::OneCpu,
        entries: vec![way.entry("creation", "")],
        prepare: Box::new(move |_| Ok(Benches::alone(vec![way.bench()?]))),
        counts_calls: true,
        is_slow: false,
    });
    let others = [
        stand_of_one(
            "creation/thread-large-stack",
            "thread, stack of 64 MiB",
            "`std::thread::Builder::spawn` of an empty function with a stack of 64 MiB, more than \
             glibc keeps for the next thread, and `join`",
            Affinity::OneCpu,
            |_| Ok(Benches::one(Each(|| thread_with(Some(64 << 20))), None)),
        ),
        stand_of_one(
            "creation/task",
            "task of tokio",
            "`tokio::spawn` of an empty async block on a `current_thread` runtime, and `.await` of \
             its handle",
            Affinity::OneCpu,
            |_| {
                let runtime = Builder::new_current_thread().build()?;
                Ok(Benches::one(Tasks(runtime), None))
            },
        ),
    ];
    ways.chain(others).collect()
}

/// How a helper is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Thread,
    Pthread,
    Fork,
    Vfork,
    SpawnStatic,
    SpawnDynamic,
    ForkExecStatic,
    ForkExecDynamic,
}

/// The program that does nothing, linked with all that it needs, and with a C library to be loaded.
const STATIC: &str = env!("LAB_STATIC");
const DYNAMIC: &str = env!("LAB_DYNAMIC");

impl Way {
    pub const ALL: [Self; 8] = [
        Self::Thread,
        Self::Pthread,
        Self::Fork,
        Self::Vfork,
        Self::SpawnStatic,
        Self::SpawnDynamic,
        Self::ForkExecStatic,
        Self::ForkExecDynamic,
    ];

    /// One of each kind.
    pub const KINDS: [Self; 4] = [Self::Thread, Self::Fork, Self::Vfork, Self::SpawnStatic];

    fn name(self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Pthread => "pthread",
            Self::Fork => "fork",
            Self::Vfork => "vfork",
            Self::SpawnStatic => "spawn-static",
            Self::SpawnDynamic => "spawn-dynamic",
            Self::ForkExecStatic => "fork-exec-static",
            Self::ForkExecDynamic => "fork-exec-dynamic",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Pthread => "pthread",
            Self::Fork => "fork",
            Self::Vfork => "vfork-style",
            Self::SpawnStatic => "posix_spawn, static",
            Self::SpawnDynamic => "posix_spawn, dynamic",
            Self::ForkExecStatic => "fork + exec, static",
            Self::ForkExecDynamic => "fork + exec, dynamic",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Thread => "`std::thread::spawn` of an empty function, and `join`",
            Self::Pthread => "pthread_create(3) of an empty function, and pthread_join(3)",
            Self::Fork => "fork(2), `_exit` in the child, and waitpid(2)",
            Self::Vfork => {
                "clone(2) with CLONE_VM and CLONE_VFORK, return from the child's function, and waitpid(2)"
            }
            Self::SpawnStatic => {
                "`Command::status`, by posix_spawn(3), of a static program that does nothing"
            }
            Self::SpawnDynamic => {
                "`Command::status`, by posix_spawn(3), of a dynamic program that does nothing"
            }
            Self::ForkExecStatic => {
                "fork(2), execve(2) of a static program that does nothing, and waitpid(2)"
            }
            Self::ForkExecDynamic => {
                "fork(2), execve(2) of a dynamic program that does nothing, and waitpid(2)"
            }
        }
    }

    /// The row of a group, under a name that ends in `suffix`.
    pub fn entry(self, group: &str, suffix: &str) -> Entry {
        Entry {
            id: format!("{group}/{}{suffix}", self.name()),
            label: self.label().to_owned(),
            what: self.what().to_owned(),
            unit: Unit::Nanoseconds,
        }
    }

    /// # Errors
    /// A program that couldn't be built for this machine.
    pub fn bench(self) -> Result<Box<dyn Bench>> {
        Ok(match self {
            Self::Thread => Box::new(Each(thread)),
            Self::Pthread => Box::new(Each(pthread)),
            Self::Fork => Box::new(Each(forked)),
            Self::Vfork => {
                let mut stack = vec![0; 64 << 10];
                Box::new(Each(move || vforked(&mut stack)))
            }
            Self::SpawnStatic => spawn(STATIC)?,
            Self::SpawnDynamic => spawn(DYNAMIC)?,
            Self::ForkExecStatic => fork_exec(STATIC)?,
            Self::ForkExecDynamic => fork_exec(DYNAMIC)?,
        })
    }
}

struct Tasks(Runtime);

impl Bench for Tasks {
    fn run(&mut self, operations: u64, clock: &mut Clock) -> Result<()> {
        self.0.block_on(async {
            clock.start()?;
            for _ in 0..operations {
                tokio::spawn(async {}).await?;
            }
            clock.stop()
        })
    }
}

fn thread() -> Result<()> {
    thread_with(None)
}

fn thread_with(stack: Option<usize>) -> Result<()> {
    let mut builder = thread::Builder::new();
    if let Some(bytes) = stack {
        builder = builder.stack_size(bytes);
    }
    let thread = builder.spawn(|| ());
    let joined = thread.context("can't start a thread")?.join();
    ensure!(joined.is_ok(), "the thread panicked");
    Ok(())
}

fn pthread() -> Result<()> {
    extern "C" fn nothing(_: *mut c_void) -> *mut c_void {
        ptr::null_mut()
    }
    let mut thread = MaybeUninit::uninit();
    // SAFETY: `thread` may be written to, null means the default attributes, and the function has
    // the signature that is called and uses no argument.
    let error = unsafe {
        libc::pthread_create(
            thread.as_mut_ptr(), // its number goes here
            ptr::null(),         // with default attributes
            nothing,             // what it runs
            ptr::null_mut(),     // its argument
        )
    };
    ensure!(
        error == 0,
        "can't start a thread: {}",
        Errno::from_raw(error)
    );
    // SAFETY: it was started, so its number was written, and nobody else joins it.
    let error = unsafe { libc::pthread_join(thread.assume_init(), ptr::null_mut()) };
    ensure!(error == 0, "can't join: {}", Errno::from_raw(error));
    Ok(())
}

/// Forks a child that does `work`. The parent gets its number.
fn fork_child(work: impl FnOnce()) -> Result<Pid> {
    // SAFETY: the stand's process has one thread here (those that it made are joined), so no lock
    // can be left behind in the child.
    match unsafe { fork() }.context("can't fork")? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            work();
            // SAFETY: _exit(2) touches no memory.
            unsafe { libc::_exit(0) }
        }
    }
}

fn wait_for(child: Pid) -> Result<()> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        status => bail!("the child ended badly: {status:?}"),
    }
}

fn forked() -> Result<()> {
    wait_for(fork_child(|| ())?)
}

/// What vfork(2) does: the child borrows the parent's memory, and the parent waits until it has
/// ended. It has a stack of its own, since a function of Rust may not return twice.
fn vforked(stack: &mut [u8]) -> Result<()> {
    let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
    // SAFETY: the child only returns 0, with which clone(2) ends it. It works on the given stack,
    // and the parent, which has no other thread, is stopped until then.
    let child = unsafe { clone(Box::new(|| 0), stack, flags, Some(libc::SIGCHLD)) };
    wait_for(child.context("can't clone")?)
}

/// The static program that does nothing. With an argument it writes a byte and then waits.
///
/// # Errors
/// It isn't there.
pub fn static_program() -> Result<&'static Path> {
    existing(STATIC)
}

/// # Errors
/// A program that isn't there: the lab's build script couldn't link it.
fn existing(program: &'static str) -> Result<&'static Path> {
    let path = Path::new(program);
    ensure!(
        path.exists(),
        "the compiler couldn't link {}: a static C library may be missing (Fedora: glibc-static)",
        path.file_name().unwrap_or_default().display()
    );
    Ok(path)
}

fn spawn(program: &'static str) -> Result<Box<dyn Bench>> {
    let program = existing(program)?;
    Ok(Box::new(Each(move || {
        let status = Command::new(program)
            .status()
            .context("can't start the program")?;
        ensure!(status.success(), "the program ended badly: {status}");
        Ok(())
    })))
}

fn fork_exec(program: &'static str) -> Result<Box<dyn Bench>> {
    let program = CString::new(existing(program)?.as_os_str().as_bytes())?;
    Ok(Box::new(Each(move || {
        let program: &CStr = &program;
        wait_for(fork_child(|| {
            let _ = execv(program, &[program]);
            // SAFETY: _exit(2) touches no memory. Only a failed exec returns.
            unsafe { libc::_exit(127) }
        })?)
    })))
}

/// The call of fork alone: until the parent goes on.
pub struct ForkCall;

impl Bench for ForkCall {
    fn run(&mut self, operations: u64, clock: &mut Clock) -> Result<()> {
        for _ in 0..operations {
            clock.start()?;
            let child = fork_child(|| ())?;
            clock.stop()?;
            wait_for(child)?;
        }
        Ok(())
    }
}
