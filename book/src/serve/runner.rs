//! Builds and runs one listing for a page that asked for it: the work of `book run-listing NAME`.
//!
//! The server starts such a process for each run. It is the parent of all that the run starts, and
//! ends all of it: when the listing has ended, when a limit is reached, and when its own standard
//! input ends. The server holds the other end of that, so it also ends when the server is killed.
//! What happens is told on standard output, a line of JSON for each [`Told`].

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufReader, Seek, Write};
use std::mem;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::prctl::{set_no_new_privs, set_pdeathsig};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, setsid};
use serde::Serialize;

use crate::programs::{self, End, Ending, LIMIT, Stream, Watch, descendants};
use crate::project::Project;

/// How many bytes of a run's output are passed on, and as many of cargo's.
const OUTPUT: usize = 64 << 10;

/// How much memory a run may use, in bytes.
const MEMORY: u64 = 512 << 20;

/// How many threads a run may have, in all of its processes.
const THREADS: usize = 128;

/// What a page is told of its run, in this order.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Told<'a> {
    /// So many other runs have to end before this one is built.
    Waiting {
        ahead: usize,
    },
    /// A line of cargo's.
    Building {
        text: &'a str,
    },
    /// Why there is nothing to run. The last line.
    Refused {
        text: &'a str,
    },
    Started,
    Stdout {
        text: &'a str,
    },
    Stderr {
        text: &'a str,
    },
    /// The rest of the output isn't passed on.
    Truncated {
        limit: usize,
    },
    /// The last line.
    Ended {
        how: &'a str,
        /// Whether it ended by itself with status 0.
        ok: bool,
        /// How long it ran, if it did.
        #[serde(skip_serializing_if = "Option::is_none")]
        seconds: Option<f64>,
    },
}

impl Told<'_> {
    /// As a line of JSON.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers can be written") + "\n"
    }

    fn tell(&self) -> Result<()> {
        Ok(io::stdout().write_all(self.line().as_bytes())?)
    }
}

/// Builds and runs the listing whose source has this hash, and tells what happens.
///
/// # Errors
/// When it isn't allowed to watch over a run, or nobody listens.
pub fn run(project: &Project, name: &str, hash: &str) -> Result<()> {
    // No terminal: neither does Ctrl-C reach it, nor a listing the reader's terminal.
    setsid().context("can't leave the terminal")?;
    let watch = Watch::new()?;
    watch.until(|| {
        // Nothing is ever written there. An error ends it too.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
    });
    // Room for all that is told, so that no reader can hold up the watch. Another kind of file
    // than a pipe has no limit.
    let _ = fcntl(io::stdout(), FcntlArg::F_SETPIPE_SZ(1 << 20));
    Runner(watch).build_and_run(project, name, hash)
}

/// The work for one page.
struct Runner(Watch);

impl Runner {
    fn build_and_run(&self, project: &Project, name: &str, hash: &str) -> Result<()> {
        match self.build(project, name)? {
            // Afterwards: it may be changed while it is built.
            Built::Program(_) if !is_still(project, name, hash)? => Told::Ended {
                how: "not run: it was changed after you asked for it",
                ok: false,
                seconds: None,
            }
            .tell(),
            Built::Program(program) => self.run(program),
            Built::Refused(why) => Told::Refused { text: &why }.tell(),
            Built::Unwanted => Ok(()),
        }
    }

    /// Builds as the reader's own `cargo run --bin NAME` does. There is no limit on the time.
    fn build(&self, project: &Project, name: &str) -> Result<Built> {
        let mut messages = tempfile::tempfile().context("can't make a temporary file")?;
        let mut cargo = programs::cargo_build();
        cargo
            .args(["--bin", name])
            .arg("--manifest-path")
            .arg(programs::manifest_of(project, name))
            .current_dir(&project.root)
            .envs([programs::WITHOUT_COLOURS])
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(messages.try_clone()?)
            .stderr(Stdio::piped());
        let mut said = Cargo::default();
        let no_limit = |_: Duration| None;
        let watched = self
            .0
            .run(cargo, step_back, no_limit, |_, bytes| said.add(bytes));
        let watched = match watched {
            Ok(watched) => watched,
            Err(error) => return Ok(Built::Refused(format!("{error:#}"))),
        };
        match watched.end {
            End::Itself(status) if status.success() => {
                messages.rewind()?;
                let program = programs::executables(BufReader::new(messages))?.remove(name);
                Ok(match program {
                    Some(program) => Built::Program(program),
                    None => Built::Refused(format!("cargo built no program {name}")),
                })
            }
            End::Itself(_) => Ok(Built::Refused(said.why())),
            End::Stopped(_) | End::Unwanted => Ok(Built::Unwanted),
        }
    }

    fn run(&self, program: PathBuf) -> Result<()> {
        let place = tempfile::tempdir().context("can't make a temporary directory")?;
        set_limits()?;
        let mut listing = programs::command(&program, place.path());
        listing
            .env_clear()
            .envs(env::vars_os().filter(|(name, _)| is_handed_on(name)));
        listing.stdout(Stdio::piped()).stderr(Stdio::piped());
        // Also where this helper is killed. It is asked for by the thread that must live: this one.
        // SAFETY: prctl(2) is a system call alone, and allocates nothing.
        unsafe { listing.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?)) };
        Told::Started.tell()?;
        let mut output = Output::default();
        let hand_on = |stream, bytes: &[u8]| output.add(stream, bytes);
        let watched = self.0.run(listing, step_back, over, hand_on)?;
        output.end()?;
        let (how, ok) = match watched.end {
            End::Itself(status) => (Ending::from(status).to_string(), status.success()),
            End::Stopped(why) => (why, false),
            End::Unwanted => return Ok(()),
        };
        place.close().context("can't remove the run's directory")?;
        let (how, seconds) = (&*how, Some(watched.time.as_secs_f64()));
        Told::Ended { how, ok, seconds }.tell()
    }
}

enum Built {
    Program(PathBuf),
    /// Why not.
    Refused(String),
    Unwanted,
}

/// Whether the source of a listing has this hash.
fn is_still(project: &Project, name: &str, hash: &str) -> Result<bool> {
    Ok(programs::find(project, name)?.is_some_and(|program| program.hash() == hash))
}

/// Whether a run gets this variable. A list of what it needs, for a secret may have any name.
fn is_handed_on(name: &OsStr) -> bool {
    const NEEDED: [&str; 10] = [
        "HOME",
        "LANG",
        "LD_LIBRARY_PATH",
        "LOGNAME",
        "PATH",
        "SHELL",
        "TERM",
        "TMPDIR",
        "TZ",
        "USER",
    ];
    let name = name.to_string_lossy();
    NEEDED.contains(&&*name) || name.starts_with("LC_")
}

/// Limits that the kernel keeps, for this process and all that it starts from now on.
fn set_limits() -> Result<()> {
    // The last counts all that the user has, so it stands far above what a run may have. It is there
    // for the moment in which a run has more and isn't ended yet.
    let threads = (descendants::threads_of_user() + 4 * THREADS) as u64;
    // Nobody becomes another user, whom this one may not kill.
    set_no_new_privs().context("can't give up new privileges")?;
    for (resource, limit) in [
        (Resource::RLIMIT_DATA, MEMORY),
        (Resource::RLIMIT_FSIZE, MEMORY),
        (Resource::RLIMIT_NPROC, threads),
    ] {
        let limit = limit.min(getrlimit(resource)?.0);
        setrlimit(resource, limit, limit).context("can't set a limit")?;
    }
    // That one doesn't bind root, who in turn may have this thread run before all others, without
    // those that it starts. Others may not, and are bound.
    let first = libc::sched_param { sched_priority: 1 };
    // SAFETY: it reads a value that lives during the call.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, &first) };
    Ok(())
}

/// Has a process group leave the processor to the watch, and to the reader.
fn step_back(group: Pid) {
    // SAFETY: it takes numbers alone.
    unsafe { libc::setpriority(libc::PRIO_PGRP, group.as_raw().cast_unsigned(), 10) };
}

/// Why a listing has to be ended, if it has to.
fn over(time: Duration) -> Option<String> {
    if time >= LIMIT {
        return Some(Ending::Overran(LIMIT).to_string());
    }
    let (mut threads, mut memory) = (0, 0);
    for pid in descendants::all() {
        threads += descendants::threads(pid);
        memory += descendants::memory(pid);
        if threads > THREADS {
            return Some(format!("stopped at more than {THREADS} threads"));
        }
        if memory > MEMORY {
            return Some(format!(
                "stopped at more than {} MiB of memory",
                MEMORY >> 20
            ));
        }
    }
    None
}

/// What cargo says.
#[derive(Default)]
struct Cargo {
    text: String,
    /// The bytes of a line that hasn't come whole.
    begun: Vec<u8>,
}

impl Cargo {
    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.begun.extend_from_slice(bytes);
        while let Some(end) = self.begun.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if self.text.len() + line.len() <= OUTPUT {
                self.text += &line;
                let text = line.trim_end();
                Told::Building { text }.tell()?;
            }
        }
        Ok(())
    }

    /// Its first error and what follows, or all if it names none.
    fn why(&self) -> String {
        let lines: Vec<&str> = self.text.lines().collect();
        let first = lines.iter().position(|line| line.starts_with("error"));
        lines[first.unwrap_or(0)..].join("\n")
    }
}

/// What a listing prints, on its way to the page.
#[derive(Default)]
struct Output {
    /// How many bytes came.
    came: usize,
    stdout: Text,
    stderr: Text,
}

impl Output {
    fn add(&mut self, stream: Stream, bytes: &[u8]) -> Result<()> {
        let room = OUTPUT.saturating_sub(self.came);
        let cut = &bytes[..bytes.len().min(room)];
        let text = match stream {
            Stream::Stdout => self.stdout.add(cut),
            Stream::Stderr => self.stderr.add(cut),
        };
        tell_text(stream, &text)?;
        let was_cut = self.came > OUTPUT;
        self.came += bytes.len();
        if self.came > OUTPUT && !was_cut {
            Told::Truncated { limit: OUTPUT }.tell()?;
        }
        Ok(())
    }

    /// Tells of a character that was begun and never ended. Where the rest was cut, that may be
    /// why, and it isn't told.
    fn end(&self) -> Result<()> {
        if self.came <= OUTPUT {
            tell_text(Stream::Stdout, &String::from_utf8_lossy(&self.stdout.begun))?;
            tell_text(Stream::Stderr, &String::from_utf8_lossy(&self.stderr.begun))?;
        }
        Ok(())
    }
}

fn tell_text(stream: Stream, text: &str) -> Result<()> {
    match stream {
        _ if text.is_empty() => Ok(()),
        Stream::Stdout => Told::Stdout { text }.tell(),
        Stream::Stderr => Told::Stderr { text }.tell(),
    }
}

/// Makes text of bytes that come in pieces. What is no UTF-8 becomes U+FFFD.
#[derive(Default)]
struct Text {
    /// The bytes of a character that hasn't come whole.
    begun: Vec<u8>,
}

impl Text {
    fn add(&mut self, bytes: &[u8]) -> String {
        let mut bytes = [&mem::take(&mut self.begun), bytes].concat();
        let tail = bytes
            .utf8_chunks()
            .last()
            .map_or(&[][..], |last| last.invalid());
        // An error without a length: there may be more to come.
        if str::from_utf8(tail).is_err_and(|error| error.error_len().is_none()) {
            self.begun = bytes.split_off(bytes.len() - tail.len());
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_may_come_in_pieces_and_what_is_none_is_replaced() {
        let bytes = "a\u{e9}\u{20ac}\u{1f980}".as_bytes();
        for size in 1..=bytes.len() {
            let mut text = Text::default();
            let pieces: String = bytes.chunks(size).map(|piece| text.add(piece)).collect();
            assert_eq!(pieces.as_bytes(), bytes, "in pieces of {size}");
        }
        assert_eq!(
            Text::default().add(b"a\xffb\xe2\x82c"),
            "a\u{fffd}b\u{fffd}c"
        );
    }
}
