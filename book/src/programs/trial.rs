//! Running one listing under watch.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{Pid, getpid};

use super::descendants::{self, children};

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
    descendants::adopt()?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).context("can't turn core files off")?;

    let place = tempfile::tempdir().context("can't make a temporary directory")?;
    let outside = tempfile::tempdir().context("can't make a temporary directory")?;
    let (stdout, stderr) = (outside.path().join("stdout"), outside.path().join("stderr"));
    let shared_memory = shared_memory_objects();

    let mut child = command(program, place.path())
        .stdout(File::create(&stdout)?)
        .stderr(File::create(&stderr)?)
        .spawn()
        .with_context(|| format!("can't start {}", program.display()))?;
    let group = Pid::from_raw(child.id().cast_signed());
    // The waiter leaves the child unreaped, so that its group can't be another's when we kill it.
    let (ended, end) = mpsc::channel();
    let waiter = thread::spawn(move || {
        let _ = ended.send(waitid(
            Id::Pid(group),
            WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT,
        ));
    });
    let in_time = end.recv_timeout(limit).is_ok();
    if !in_time {
        killpg(group, Signal::SIGKILL).context("can't end a listing that runs too long")?;
    }
    waiter.join().expect("the waiter doesn't panic");
    let status = child.wait()?;

    let mut left = children_left()?;
    for entry in fs::read_dir(place.path())? {
        let name = entry?.file_name();
        left.push(format!("a file in its directory: {}", name.display()));
    }
    for name in shared_memory_objects().difference(&shared_memory) {
        left.push(format!("a shared memory object: /dev/shm/{name}"));
    }
    let text = |path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Run {
        stdout: text(stdout)?,
        stderr: text(stderr)?,
        ending: if in_time {
            status.into()
        } else {
            Ending::Overran(limit)
        },
        left,
    })
}

/// Starts a program in a process group of its own and in the directory `place`, without input.
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
    command
}

/// Reaps what the program left as children of ours, after killing what still ran.
fn children_left() -> Result<Vec<String>> {
    let mut left = Vec::new();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return Ok(left),
            Ok(WaitStatus::StillAlive) => {
                for pid in children(getpid()) {
                    left.push("a process that still ran".to_owned());
                    // Ours to kill and not reaped, so it is no other process by now.
                    kill(pid, Signal::SIGKILL)?;
                    waitpid(pid, None)?;
                }
            }
            Ok(_) => left.push("a child that had ended and that nobody had reaped".to_owned()),
            Err(error) => return Err(error).context("can't wait for what the listing left"),
        }
    }
}

/// The names in /dev/shm; none where there is no such folder.
fn shared_memory_objects() -> BTreeSet<String> {
    fs::read_dir("/dev/shm")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
