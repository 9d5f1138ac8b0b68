//! A stand: a process of its own in which rows are measured.
//!
//! Rows must not disturb one another: a thread that sleeps for one row makes each pipe of the same
//! process slower, and memory that was touched for one makes each fork slower. So the lab starts
//! its own program anew for each row, or for a few that need the same preparation. It asks these
//! processes, one after the other, for samples, and sleeps meanwhile.

use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socketpair};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::{Pid, read, write};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Reading};
use crate::interrupt;
use crate::neighbour::Pace;
use crate::record::{Affinity, Unit};
use crate::task::Cpus;
use crate::topology::Chosen;

/// What can be measured: some rows that are prepared together.
pub struct Stand {
    pub affinity: Affinity,
    pub entries: Vec<Entry>,
    /// Prepares them, in the stand's process: gives a bench for each entry.
    pub prepare: Box<dyn Fn(Cpus) -> Result<Benches>>,
    /// Whether its system calls are those of its operations, and so worth counting.
    pub counts_calls: bool,
    /// Whether it takes so long to prepare that it is prepared once, and left out of a quick run.
    pub is_slow: bool,
}

impl Stand {
    /// `creation` of `creation/fork`.
    pub fn group(&self) -> &str {
        let first = &self.entries[0].id;
        first.split('/').next().unwrap_or(first)
    }

    /// Whether one of its rows has such an id.
    pub fn has(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        self.entries.iter().any(|entry| is_meant(&entry.id))
    }
}

/// A row of the catalogue.
pub struct Entry {
    pub id: String,
    pub label: String,
    /// What exactly is timed, or counted, for one operation.
    pub what: String,
    pub unit: Unit,
}

/// What a stand has prepared.
pub struct Benches {
    pub benches: Vec<Box<dyn Bench>>,
    /// The processes that take part in each row and live as long as the stand.
    pub partners: Vec<Pid>,
}

impl Benches {
    /// For a stand of one row.
    pub fn one(bench: impl Bench + 'static, partner: Option<Pid>) -> Self {
        Self {
            benches: vec![Box::new(bench)],
            partners: partner.into_iter().collect(),
        }
    }

    /// For a stand of one row that is timed, and has all its tasks to itself.
    ///
    /// # Errors
    /// None: it is what a stand's preparation returns.
    pub fn timed(operation: impl FnMut() -> Result<()> + 'static) -> Result<Self> {
        Ok(Self::one(Each(operation), None))
    }

    /// For rows that have all their tasks to themselves.
    pub fn alone(benches: Vec<Box<dyn Bench>>) -> Self {
        Self {
            benches,
            partners: Vec::new(),
        }
    }
}

/// One row, ready to be measured.
pub trait Bench {
    /// Does so many operations, with the clock running whenever they count.
    ///
    /// # Errors
    /// What the operating system refuses: the row then can't be measured here.
    fn run(&mut self, operations: u64, clock: &mut Clock) -> Result<()>;

    /// The operations come in multiples of this many.
    fn step(&self) -> u64 {
        1
    }

    /// The values themselves, one a sample, of a row that isn't timed but counted.
    fn values(&self) -> Option<Vec<f64>> {
        None
    }
}

/// Operations that are timed from the first to the last.
pub struct Each<F>(pub F);

impl<F: FnMut() -> Result<()>> Bench for Each<F> {
    fn run(&mut self, operations: u64, clock: &mut Clock) -> Result<()> {
        clock.start()?;
        for _ in 0..operations {
            (self.0)()?;
        }
        clock.stop()
    }
}

/// What the lab asks of a stand.
#[derive(Serialize, Deserialize)]
pub(crate) enum Question {
    /// So many samples of a row, of so many operations each.
    Samples {
        entry: usize,
        operations: u64,
        samples: u64,
    },
    /// How a row wants to be asked.
    Manner { entry: usize },
}

/// What a stand answers, or why it can't be measured here.
pub(crate) type Answer<A> = Result<A, String>;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Sample {
    pub reading: Reading,
    /// With what isn't timed.
    pub whole: Duration,
    /// Before and after it.
    pub paces: [Pace; 2],
}

/// How a row wants to be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manner {
    pub step: u64,
    pub values: Option<Vec<f64>>,
}

/// A stand that is prepared, and answers.
pub struct Running {
    process: Process,
    line: OwnedFd,
}

/// The first argument of the lab by which it starts itself as a stand. The CPUs that were chosen and
/// the id of the stand's first row follow; for a tracer, also the number of a row in it, and how many operations to do.
pub const SERVE: &str = "--serve-stand";

impl Running {
    /// Starts a stand, as a run of the program `lab`.
    ///
    /// # Errors
    /// Why nothing of the stand can be measured here.
    pub fn start(lab: &Path, stand: &Stand) -> Result<Self> {
        let (line, theirs) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )
        .context("can't make a socket pair")?;
        setsockopt(&line, ReceiveTimeout, &TimeVal::seconds(PATIENCE))?;
        let process = Process::start(lab, &[&stand.entries[0].id], Stdio::from(theirs))?;
        let mut running = Self { process, line };
        // That it is prepared.
        running.answer::<()>()?;
        Ok(running)
    }

    /// # Errors
    /// Why the row can't be measured here.
    pub fn manner(&mut self, entry: usize) -> Result<Manner> {
        self.ask(&Question::Manner { entry })
    }

    /// # Errors
    /// Why the row can't be measured here.
    pub fn samples(&mut self, entry: usize, operations: u64, samples: u64) -> Result<Vec<Sample>> {
        self.ask(&Question::Samples {
            entry,
            operations,
            samples,
        })
    }

    fn ask<A: DeserializeOwned>(&mut self, question: &Question) -> Result<A> {
        // A process that has ended says why below.
        let _ = send(&self.line, question);
        self.answer()
    }

    fn answer<A: DeserializeOwned>(&mut self) -> Result<A> {
        match receive::<Answer<A>>(&self.line) {
            Err(error) => {
                // What it might answer later belongs to no question any more.
                let _ = killpg(self.process.pid(), Signal::SIGKILL);
                Err(error)
            }
            Ok(Some(answer)) => answer.map_err(Error::msg),
            Ok(None) => Err(
                match self.process.0.wait()?.signal().map(Signal::try_from) {
                    Some(Ok(signal)) => anyhow!("its process was killed by {signal}"),
                    _ => anyhow!("its process ended too early"),
                },
            ),
        }
    }
}

/// A stand's process, in a process group of its own. Dropping it kills the group and reaps the
/// process. Its own children become those of the lab, which is their subreaper: see
/// [`interrupt::no_child_is_left`].
pub struct Process(Child);

impl Process {
    /// Starts the program `lab` as a stand, with these arguments.
    fn start(lab: &Path, arguments: &[&str], input: Stdio) -> Result<Self> {
        let started = Command::new(lab)
            .arg(SERVE)
            .arg(Chosen::here()?.words())
            .args(arguments)
            .stdin(input)
            // By which its children are found, and which Ctrl-C at a terminal doesn't reach.
            .process_group(0)
            .spawn();
        Ok(Self(started.with_context(|| {
            format!("can't start {}", lab.display())
        })?))
    }

    /// Starts a stand that has this process trace it: it stops itself, prepares, does so many
    /// operations of a row, and ends.
    ///
    /// # Errors
    /// The kernel's refusal to start it.
    pub fn start_traced(lab: &Path, stand: &Stand, entry: usize, operations: u64) -> Result<Self> {
        let arguments = [
            &stand.entries[0].id,
            &entry.to_string(),
            &operations.to_string(),
        ];
        Self::start(lab, &arguments.map(String::as_str), Stdio::null())
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.0.id().cast_signed())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = killpg(self.pid(), Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

/// How long the lab waits for an answer, in seconds: far longer than any row takes to prepare.
const PATIENCE: i64 = 60;

/// The most samples that are asked for at once: then other rows of the stand have their turn.
pub const AT_ONCE: u64 = 12;

/// The longest message: a refusal, the values of a counted row, or [`AT_ONCE`] samples.
const LONGEST: usize = 4096;

pub(crate) fn send(line: &OwnedFd, message: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec(message)?;
    write(line, &text[..text.len().min(LONGEST)])?;
    Ok(())
}

/// The next message; none when the other side has gone.
pub(crate) fn receive<M: DeserializeOwned>(line: &OwnedFd) -> Result<Option<M>> {
    let mut text = [0; LONGEST];
    let length = loop {
        match read(line, &mut text) {
            Err(Errno::EINTR) => interrupt::check()?,
            Err(Errno::ECONNRESET) => return Ok(None),
            Err(Errno::EAGAIN) => bail!("its process gave no answer within {PATIENCE} s"),
            length => break length?,
        }
    };
    match length {
        0 => Ok(None),
        length => Ok(Some(serde_json::from_slice(&text[..length])?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_answer_is_no_longer_than_a_message() {
        let minute = Duration::new(59, 999_999_999);
        let long = Sample {
            reading: Reading {
                elapsed: minute,
                taken: minute,
                switches: 9_999_999,
                faults: 9_999_999,
            },
            whole: minute,
            paces: [Pace::now(); 2],
        };
        let text = serde_json::to_vec(&Answer::Ok(vec![long; AT_ONCE as usize]));
        let length = text.expect("plain data").len();
        assert!(length <= LONGEST, "{length} of {LONGEST} bytes");
    }
}
