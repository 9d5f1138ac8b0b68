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
use nix::unistd::{Pid, execv};
use tokio::runtime::{Builder, Runtime};

use super::stand_of_one;
use crate::clock::Clock;
use crate::record::{Affinity, Unit};
use crate::stand::{Bench, Benches, Each, Entry, Stand};
use crate::task::fork_child;

pub fn stands() -> Vec<Stand> {
    // Each in a process of its own: the C library keeps the stacks of threads that have ended, and
    // a fork copies the tables of what was kept.
    let ways = WAYS.into_iter().map(|way| {
        let bench = way.bench;
        let prepare = move |_| Ok(Benches::alone(vec![bench()?]));
        let entry = way.entry("creation", "");
        stand_of_one(entry.id, entry.label, entry.what, Affinity::OneCpu, prepare)
    });
    let others = [
        stand_of_one(
            "creation/thread-large-stack",
            "thread, stack of 64 MiB",
            "`std::thread::Builder::spawn` of an empty function with a stack of 64 MiB, more than \
             glibc keeps for the next thread, and `join`",
            Affinity::OneCpu,
            |_| Benches::timed(|| thread(Some(64 << 20))),
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
pub struct Way {
    name: &'static str,
    label: &'static str,
    what: &'static str,
    /// Ready to be measured. Refused where a program couldn't be built for this machine.
    pub bench: fn() -> Result<Box<dyn Bench>>,
}

/// The program that does nothing, linked with all that it needs, and with a C library to be loaded.
const STATIC: &str = env!("LAB_STATIC");
const DYNAMIC: &str = env!("LAB_DYNAMIC");

pub const WAYS: [Way; 8] = [
    Way {
        name: "thread",
        label: "thread",
        what: "`std::thread::spawn` of an empty function, and `join`",
        bench: || Ok(Box::new(Each(|| thread(None)))),
    },
    Way {
        name: "pthread",
        label: "pthread",
        what: "pthread_create(3) of an empty function, and pthread_join(3)",
        bench: || Ok(Box::new(Each(pthread))),
    },
    Way {
        name: "fork",
        label: "fork",
        what: "fork(2), `_exit` in the child, and waitpid(2)",
        bench: || Ok(Box::new(Each(|| wait_for(fork_child(|| ())?)))),
    },
    Way {
        name: "vfork",
        label: "vfork-style",
        what: "clone(2) with CLONE_VM and CLONE_VFORK, return from the child's function, and waitpid(2)",
        bench: || {
            let mut stack = vec![0; 64 << 10];
            Ok(Box::new(Each(move || vforked(&mut stack))))
        },
    },
    Way {
        name: "spawn-static",
        label: "posix_spawn, static",
        what: "`Command::status`, by posix_spawn(3), of a static program that does nothing",
        bench: || spawn(STATIC),
    },
    Way {
        name: "spawn-dynamic",
        label: "posix_spawn, dynamic",
        what: "`Command::status`, by posix_spawn(3), of a dynamic program that does nothing",
        bench: || spawn(DYNAMIC),
    },
    Way {
        name: "fork-exec-static",
        label: "fork + exec, static",
        what: "fork(2), execve(2) of a static program that does nothing, and waitpid(2)",
        bench: || fork_exec(STATIC),
    },
    Way {
        name: "fork-exec-dynamic",
        label: "fork + exec, dynamic",
        what: "fork(2), execve(2) of a dynamic program that does nothing, and waitpid(2)",
        bench: || fork_exec(DYNAMIC),
    },
];

impl Way {
    /// One of each kind.
    pub fn is_first_of_kind(&self) -> bool {
        ["thread", "fork", "vfork", "spawn-static"].contains(&self.name)
    }

    /// The row of a group, under a name that ends in `suffix`.
    pub fn entry(&self, group: &str, suffix: &str) -> Entry {
        Entry {
            id: format!("{group}/{}{suffix}", self.name),
            label: self.label.to_owned(),
            what: self.what.to_owned(),
            unit: Unit::Nanoseconds,
        }
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

fn thread(stack: Option<usize>) -> Result<()> {
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

fn wait_for(child: Pid) -> Result<()> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        status => bail!("the child ended badly: {status:?}"),
    }
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
