//! The watch over a program that runs, for a recording and for a page.
//!
//! This process is the parent of all that the program starts, and ends all of it: when the program
//! has ended, when a limit is reached, and when nobody wants the run any more.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use super::descendants;

/// How often output is passed on and limits are checked.
const TICK: Duration = Duration::from_millis(10);

/// How much is read at once.
const PIECE: usize = 64 << 10;

pub struct Watch {
    events: Receiver<Event>,
    sender: Sender<Event>,
}

enum Event {
    /// The child that is watched has ended.
    Ended,
    /// Nobody wants the run any more.
    Unwanted,
}

/// How a child's time under watch ended.
pub enum End {
    Itself(ExitStatus),
    /// A limit was reached: which one.
    Stopped(String),
    Unwanted,
}

/// A run that is over.
pub struct Watched {
    pub end: End,
    pub time: Duration,
    /// A sentence for each process that it left behind.
    pub left: Vec<&'static str>,
}

#[derive(Clone, Copy)]
pub enum Stream {
    Stdout,
    Stderr,
}

impl Watch {
    /// # Errors
    /// A kernel by which this process can't watch.
    pub fn new() -> Result<Self> {
        descendants::adopt()?;
        let (sender, events) = mpsc::channel();
        Ok(Self { events, sender })
    }

    /// Has runs end once `wait` returns.
    pub fn until(&self, wait: impl FnOnce() + Send + 'static) {
        let unwanted = self.sender.clone();
        thread::spawn(move || {
            wait();
            let _ = unwanted.send(Event::Unwanted);
        });
    }

    /// Starts a command that leads a process group, and hands on what it prints into pipes until it
    /// ends, `over` gives a reason to end it, or nobody wants it. Nothing of it runs on.
    ///
    /// # Errors
    /// A command that can't be started or watched; how it ends is no error.
    pub fn run(
        &self,
        mut command: Command,
        started: impl FnOnce(Pid),
        over: impl Fn(Duration) -> Option<String>,
        mut hand_on: impl FnMut(Stream, &[u8]) -> Result<()>,
    ) -> Result<Watched> {
        // There already, for when the child has left no room for one more thread.
        let (pid, to_wait_for) = mpsc::channel();
        let ended = self.sender.clone();
        thread::spawn(move || {
            if let Ok(pid) = to_wait_for.recv() {
                // The child is left unreaped, so that its group can't be another's when we kill it.
                let _ = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
                let _ = ended.send(Event::Ended);
            }
        });
        let start = Instant::now();
        let mut child = command
            .spawn()
            .with_context(|| format!("can't start {}", command.get_program().display()))?;
        let group = Pid::from_raw(child.id().cast_signed());
        let _ = pid.send(group);
        started(group);
        let stdout = child.stdout.take().map(OwnedFd::from);
        let stderr = child.stderr.take().map(OwnedFd::from);
        let mut pipes: Vec<(Stream, File)> = [(Stream::Stdout, stdout), (Stream::Stderr, stderr)]
            .into_iter()
            .filter_map(|(stream, pipe)| Some((stream, pipe?.into())))
            .collect();
        let end = self.follow(&mut child, &mut pipes, over, &mut hand_on);
        let time = start.elapsed();
        let left = match end {
            Ok(End::Itself(_)) => descendants::left(),
            _ => Vec::new(),
        };
        // All of its group at one stroke, however many fork in it, and then whoever left the group.
        // No wait between: those fork meanwhile. The group's number is no other's while there is one
        // in it, and is long not given again.
        let _ = killpg(group, Signal::SIGKILL);
        descendants::end()?;
        for (stream, pipe) in &mut pipes {
            // It has an end now that nobody can write any more.
            loop {
                match waiting(pipe)? {
                    bytes if bytes.is_empty() => break,
                    bytes => hand_on(*stream, &bytes)?,
                }
            }
        }
        let end = end?;
        Ok(Watched { end, time, left })
    }

    fn follow(
        &self,
        child: &mut Child,
        pipes: &mut [(Stream, File)],
        over: impl Fn(Duration) -> Option<String>,
        mut hand_on: impl FnMut(Stream, &[u8]) -> Result<()>,
    ) -> Result<End> {
        let start = Instant::now();
        for (_, pipe) in &mut *pipes {
            fcntl(&*pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("can't read a pipe")?;
        }
        loop {
            match self.events.recv_timeout(TICK) {
                Ok(Event::Ended) => return Ok(End::Itself(child.wait()?)),
                Ok(Event::Unwanted) | Err(RecvTimeoutError::Disconnected) => {
                    return Ok(End::Unwanted);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            for (stream, pipe) in &mut *pipes {
                hand_on(*stream, &waiting(pipe)?)?;
            }
            if let Some(why) = over(start.elapsed()) {
                return Ok(End::Stopped(why));
            }
        }
    }
}

/// What is in a pipe by now, or the first part of it.
fn waiting(pipe: &mut File) -> Result<Vec<u8>> {
    let mut bytes = vec![0; PIECE];
    match pipe.read(&mut bytes) {
        Ok(count) => bytes.truncate(count),
        Err(error) if error.kind() == ErrorKind::WouldBlock => bytes.clear(),
        Err(error) => return Err(error.into()),
    }
    Ok(bytes)
}
