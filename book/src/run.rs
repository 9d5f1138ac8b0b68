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
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{Pid, getpid};

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

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Exited(code) => write!(f, "exited with {code}"),
            Self::Killed(signal) => match Signal::try_from(signal) {
                Ok(name) => write!(f, "was killed by {name} ({signal})"),
                Err(_) => write!(f, "was killed by signal {signal}"),
            },
            Self::Overran(limit) => write!(f, "ran longer than {} s", limit.as_secs()),
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
    prctl::set_child_subreaper(true).context("can't become the reaper of orphans")?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).context("can't turn core files off")?;

    let place = tempfile::tempdir().context("can't make a temporary directory")?;
    let outside = tempfile::tempdir().context("can't make a temporary directory")?;
    let (stdout, stderr) = (outside.path().join("stdout"), outside.path().join("stderr"));
    let shared_memory = shared_memory_objects();

    let mut child = Command::new(program)
        .current_dir(place.path())
        .process_group(0)
        // What changes a program's messages or its threads' stacks.
        .env_remove("RUST_BACKTRACE")
        .env_remove("RUST_LIB_BACKTRACE")
        .env_remove("RUST_MIN_STACK")
        .stdin(Stdio::null())
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
            ending(status)
        } else {
            Ending::Overran(limit)
        },
        left,
    })
}

fn ending(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, signal) => {
            Ending::Killed(signal.expect("a child that ended without a code was killed"))
        }
    }
}

/// Reaps what the program left as children of ours, after killing what still ran.
fn children_left() -> Result<Vec<String>> {
    let mut left = Vec::new();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return Ok(left),
            Ok(WaitStatus::StillAlive) => {
                for pid in running_children()? {
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

/// Our children that have not ended, from proc_pid_stat(5): the state is the third field and the
/// parent the fourth, behind the command's closing parenthesis.
fn running_children() -> Result<Vec<Pid>> {
    let us = getpid().to_string();
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process may end between the listing of /proc and this.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let mut fields = stat
            .rsplit_once(')')
            .map_or("", |(_, rest)| rest)
            .split_whitespace();
        if fields.next().is_some_and(|state| state != "Z") && fields.next() == Some(&us) {
            children.push(Pid::from_raw(pid));
        }
    }
    Ok(children)
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
