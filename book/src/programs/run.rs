//! One run of a listing for its record: what it printed, how it ended, what it left behind.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};

use super::shared_memory::SharedMemory;
use super::watch::{End, Stream, Watch};

/// How long a listing may take.
pub const LIMIT: Duration = Duration::from_secs(10);

/// What a run printed, how it ended and what it left behind.
#[derive(Debug)]
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub ending: Ending,
    /// A sentence for each thing that the listing should have taken away itself.
    pub left: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Exited(i32),
    Killed(i32),
    /// It was killed for running longer than the limit.
    Overran(Duration),
}

impl From<ExitStatus> for Ending {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited(code),
            (None, signal) => {
                Self::Killed(signal.expect("a child that ended without a code was killed"))
            }
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Exited(code) => write!(f, "exited with {code}"),
            Self::Killed(signal) => match Signal::try_from(signal) {
                Ok(name) => write!(f, "killed by {name} ({signal})"),
                Err(_) => write!(f, "killed by signal {signal}"),
            },
            Self::Overran(limit) => write!(f, "stopped after {} s", limit.as_secs()),
        }
    }
}

/// Runs a program in a process group and an empty directory of its own, without input.
///
/// Runs in one process take turns: whatever is orphaned meanwhile is this program's, comes to us
/// as the subreaper, and is reported. So a caller must have no other children while this runs.
///
/// # Errors
/// When the program can't be started or watched; how it ends is no error.
pub fn run(program: &Path, limit: Duration) -> Result<Run> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);

    let folder = tempfile::tempdir().context("can't make a temporary directory")?;
    let shared_memory = SharedMemory::new();
    let mut command = command(program, folder.path());
    shared_memory.give_to(&mut command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let [mut stdout, mut stderr] = [const { Vec::new() }; 2];
    let watched = Watch::new()?.run(
        command,
        |_| {},
        |time| (time >= limit).then(String::new),
        |stream, bytes| {
            match stream {
                Stream::Stdout => stdout.extend(bytes),
                Stream::Stderr => stderr.extend(bytes),
            }
            Ok(())
        },
    )?;
    let mut left: Vec<_> = watched.left.into_iter().map(str::to_owned).collect();
    for entry in fs::read_dir(folder.path())? {
        let name = entry?.file_name();
        left.push(format!("a file in its directory: {}", name.display()));
    }
    left.extend(shared_memory.left());
    Ok(Run {
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
        ending: match watched.end {
            End::Itself(status) => status.into(),
            End::Stopped(_) | End::Unwanted => Ending::Overran(limit),
        },
        left,
    })
}

/// Starts a program in a process group of its own and in the directory `place`, without input. It
/// leaves no core, and has the signals of a fresh process.
pub fn command(program: &Path, place: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(place)
        .process_group(0)
        // What changes a program's messages or its threads' stacks.
        .env_remove("RUST_BACKTRACE")
        .env_remove("RUST_LIB_BACKTRACE")
        .env_remove("RUST_MIN_STACK")
        .stdin(Stdio::null());
    // SAFETY: it calls what is async-signal-safe, and allocates nothing.
    unsafe { command.pre_exec(prepare) };
    command
}

/// Takes back what an exec would keep of whoever started us: signals that are ignored, and signals
/// that are blocked. And asks for no core.
fn prepare() -> io::Result<()> {
    for signal in 1..=libc::SIGRTMAX() {
        // Refused for those that nobody can ignore, and those that the C library keeps for itself.
        // SAFETY: the default action is no handler, which could do what a handler must not.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    SigSet::empty().thread_set_mask()?;
    // At 0 there is no file, but where cores go to a program, it gets one. At 1 the kernel starts no
    // program (coredump_pipe in its fs/coredump.c), and a file would be too small.
    let core = getrlimit(Resource::RLIMIT_CORE)?.1.min(1);
    Ok(setrlimit(Resource::RLIMIT_CORE, core, core)?)
}
