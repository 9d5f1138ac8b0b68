//! The lab beside its peers: programs that measure the same, run in turn with the lab on this
//! machine.

mod output;

use std::env;
use std::fs;
use std::io::{self, PipeReader, Read, pipe};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail, ensure};
use indicatif::ProgressBar;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::agreement::{Comparison, Outcome, Runs};
use crate::groups::stand_of;
use crate::interrupt;
use crate::measure::{Plan, measure_beneath, progress};
use crate::record::Place;
use crate::stand::Stand;
use crate::topology::Chosen;

/// A peer's program.
pub struct Tool {
    name: &'static str,
    /// Prints its version, in the first line that has a digit.
    version: &'static str,
    /// How to install it.
    install: &'static str,
}

const PERF: Tool = Tool {
    name: "perf",
    version: "perf --version",
    install: "Debian: apt install linux-perf; Ubuntu: linux-tools-generic; Fedora and Arch: perf",
};
const STRESS_NG: Tool = Tool {
    name: "stress-ng",
    version: "stress-ng --version",
    install: "Debian, Ubuntu, Fedora and Arch: stress-ng",
};
const HACKBENCH: Tool = Tool {
    name: "hackbench",
    version: "hackbench --help",
    install: "Debian, Ubuntu and Arch: rt-tests; Fedora: realtime-tests",
};
const CC: Tool = Tool {
    name: "cc",
    version: "cc --version",
    install: "Debian, Ubuntu, Fedora and Arch: gcc",
};
const TOOLS: [&Tool; 4] = [&PERF, &STRESS_NG, &HACKBENCH, &CC];

/// What is compared with what.
pub struct Compared {
    pub label: &'static str,
    tool: &'static Tool,
    place: Place,
    /// As in [`Comparison`], without what keeps a command on one CPU.
    commands: &'static [&'static str],
    measures: &'static str,
    rows: &'static [&'static str],
    bound: Option<f64>,
    differs: &'static str,
    /// The figure in what a command prints.
    read: fn(&str) -> Result<f64>,
}

/// On one CPU the lab may differ by this share; a vfork by more, free tasks by even more.
const PINNED: Option<f64> = Some(0.05);
const VFORK: Option<f64> = Some(0.1);
const FREE: Option<f64> = Some(0.2);

/// All comparisons.
pub const COMPARED: [Compared; 10] = [
    Compared {
        label: "pipe round trip, processes, one CPU",
        tool: &PERF,
        place: Place::OneCpu,
        commands: &["perf bench sched pipe -l 100000"],
        measures: "an integer sent there and back by two pipes, between two processes",
        rows: &["switching/pipe/processes/one"],
        bound: PINNED,
        differs: "perf sends 4 bytes, the lab 1",
        read: output::perf,
    },
    Compared {
        label: "pipe round trip, threads, one CPU",
        tool: &PERF,
        place: Place::OneCpu,
        commands: &["perf bench sched pipe -l 100000 -T"],
        measures: "the same between two threads",
        rows: &["switching/pipe/threads/one"],
        bound: PINNED,
        differs: "perf sends 4 bytes, the lab 1",
        read: output::perf,
    },
    Compared {
        label: "pipe round trip, processes, free",
        tool: &PERF,
        place: Place::Free,
        commands: &["perf bench sched pipe -l 20000"],
        measures: "the same between two processes, wherever the scheduler puts them",
        rows: &["switching/pipe/processes/free"],
        bound: FREE,
        differs: "the scheduler has them on one CPU for a while, and on two: both give the mean, perf of \
                  20,000 in a row, the lab of samples of 200 ms",
        read: output::perf,
    },
    Compared {
        label: "pipe round trip, threads, free",
        tool: &PERF,
        place: Place::Free,
        commands: &["perf bench sched pipe -l 20000 -T"],
        measures: "the same between two threads",
        rows: &["switching/pipe/threads/free"],
        bound: FREE,
        differs: "as between processes",
        read: output::perf,
    },
    Compared {
        label: "system call",
        tool: &PERF,
        place: Place::OneCpu,
        commands: &["perf bench syscall basic -l 3000000"],
        measures: "getppid(2)",
        rows: &["floor/system-call"],
        bound: PINNED,
        differs: "nothing: the same call in a loop",
        read: output::perf,
    },
    Compared {
        label: "vfork",
        tool: &CC,
        place: Place::OneCpu,
        commands: &["target/lab/peers/vfork 20000"],
        measures: "vfork(2), `_exit` in the child, and waitpid(2), by a C program of twenty lines, \
                   lab/peers/vfork.c",
        rows: &["creation/vfork"],
        bound: VFORK,
        differs: "the child has the parent's stack, in the lab one of its own",
        read: output::ours,
    },
    Compared {
        label: "vfork, by stress-ng",
        tool: &STRESS_NG,
        place: Place::OneCpu,
        commands: &["stress-ng --vfork 1 --timeout 1 --metrics"],
        measures: "vfork(2), `_exit` in the child, and waitpid(2): a second over the operations in it",
        rows: &["creation/vfork"],
        bound: None,
        differs: "stress-ng also runs its own loop: for the same system calls and the same time in \
                  the kernel, it takes half as much again in user space as lab/peers/vfork.c does \
                  (`time` of 60,000 of each)",
        read: output::stress_ng,
    },
    Compared {
        label: "pthread",
        tool: &CC,
        place: Place::OneCpu,
        commands: &["target/lab/peers/pthread 20000"],
        measures: "pthread_create(3) of an empty function and pthread_join(3), by a C program of \
                   twenty lines, lab/peers/pthread.c",
        rows: &["creation/pthread"],
        bound: PINNED,
        differs: "nothing: the same system calls",
        read: output::ours,
    },
    Compared {
        label: "sockets, processes ÷ threads",
        tool: &HACKBENCH,
        place: Place::Free,
        commands: &["hackbench -g 2 -l 500 -P", "hackbench -g 2 -l 500 -T"],
        measures: "40 senders and 40 receivers on all CPUs, 100 bytes a message",
        rows: &[
            "talking/throughput/socket/processes/one/8",
            "talking/throughput/socket/threads/one/8",
        ],
        bound: None,
        differs: "the lab has one sender and one receiver on one CPU, 8 bytes a message; hackbench \
                  also times the making of its tasks",
        read: output::hackbench,
    },
    Compared {
        label: "pipes, processes ÷ threads",
        tool: &HACKBENCH,
        place: Place::Free,
        commands: &["hackbench -g 2 -l 500 -p -P", "hackbench -g 2 -l 500 -p -T"],
        measures: "the same by pipes",
        rows: &[
            "talking/throughput/pipe/processes/one/8",
            "talking/throughput/pipe/threads/one/8",
        ],
        bound: None,
        differs: "as by sockets",
        read: output::hackbench,
    },
];

/// What isn't compared, and why.
pub const NOT_COMPARED: [(&str, &str); 5] = [
    (
        "stress-ng --fork",
        "its child faults in more than twice the pages that the lab's does",
    ),
    (
        "stress-ng --context",
        "it switches between contexts of one thread, without the kernel's scheduler",
    ),
    (
        "stress-ng --switch",
        "it counts the two switches of a round trip as one",
    ),
    (
        "stress-ng --pthread",
        "it starts up to 1,024 threads before it ends the first",
    ),
    ("lmbench", "its licence forbids publishing results in part"),
];

/// Which peers are here.
pub struct Tools {
    /// What each of [`TOOLS`] says of its version; none where it isn't here.
    found: Vec<Option<String>>,
}

impl Tool {
    /// Asks each for its version.
    pub fn look_for_all() -> Tools {
        Tools {
            found: TOOLS.iter().map(|tool| tool.version()).collect(),
        }
    }

    fn version(&self) -> Option<String> {
        let mut words = self.version.split(' ');
        let output = Command::new(words.next()?).args(words).output().ok()?;
        // hackbench writes its help to the standard error, and some end with a status other than 0.
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let line = text
            .lines()
            .find(|line| line.contains(|letter: char| letter.is_ascii_digit()));
        let line = line.unwrap_or(self.name).trim();
        // stress-ng appends what compiled it, and for which kernel.
        Some(match line.rsplit_once(" (") {
            Some((version, built)) if built.ends_with(')') => version.to_owned(),
            _ => line.to_owned(),
        })
    }
}

impl Tools {
    /// The versions of those that are here.
    pub fn versions(&self) -> Vec<String> {
        self.found.iter().flatten().cloned().collect()
    }

    fn has(&self, wanted: &Tool) -> bool {
        let mut all = TOOLS.iter().zip(&self.found);
        all.any(|(tool, found)| tool.name == wanted.name && found.is_some())
    }
}

/// Runs the peers and the lab, the program `lab`, so many times each, in turn.
///
/// # Errors
/// Ctrl-C; and a machine on which nothing can be put in its place.
pub fn compare(
    lab: &Path,
    tools: &Tools,
    chosen: &[&'static Compared],
    runs: usize,
) -> Result<Vec<Comparison>> {
    let cpu = Chosen::here()?.one;
    let mut all: Vec<Pair> = chosen
        .iter()
        .map(|compared| Pair::new(compared, tools, cpu))
        .collect::<Result<_>>()?;
    let bar = progress(runs as u64 * all.iter().map(Pair::weight).sum::<u64>());
    // Round by round: what changes slowly meets all of them alike.
    for round in 1..=runs {
        for pair in all.iter_mut().filter(|pair| pair.stopped.is_none()) {
            let end = bar.position() + pair.weight();
            bar.set_message(format!("{}: run {round} of {runs}", pair.compared.label));
            let outcome = pair.run(lab, &bar);
            interrupt::no_child_is_left();
            interrupt::check()?;
            pair.stopped = outcome.err();
            bar.set_position(end);
        }
    }
    bar.finish_and_clear();
    Ok(all.into_iter().map(Pair::finish).collect())
}

/// A comparison while it is being made.
struct Pair {
    compared: &'static Compared,
    commands: Vec<String>,
    stands: Vec<Stand>,
    peer: Vec<f64>,
    lab: Vec<f64>,
    /// Why there is no figure.
    stopped: Option<Stopped>,
}

enum Stopped {
    NotHere(String),
    Failed(String),
}

impl Pair {
    fn new(compared: &'static Compared, tools: &Tools, cpu: usize) -> Result<Self> {
        let commands = compared
            .commands
            .iter()
            .map(|command| match compared.place {
                Place::OneCpu => format!("taskset -c {cpu} {command}"),
                _ => (*command).to_owned(),
            });
        let stands = compared.rows.iter().map(|row| {
            let stand = stand_of(row).with_context(|| format!("the lab has no row {row}"))?;
            // They are in the lab's own record.
            Ok(Stand {
                counts_calls: false,
                ..stand
            })
        });
        let tool = compared.tool;
        let stopped = if !tools.has(tool) {
            let (name, install) = (tool.name, tool.install);
            Some(Stopped::NotHere(format!(
                "{name} isn't installed ({install})"
            )))
        } else if tool.name == CC.name {
            let compiled = compile().err();
            compiled.map(|error| Stopped::Failed(format!("{error:#}")))
        } else {
            None
        };
        Ok(Self {
            compared,
            commands: commands.collect(),
            stands: stands.collect::<Result<_>>()?,
            peer: Vec::new(),
            lab: Vec::new(),
            stopped,
        })
    }

    /// Roughly what a run takes, in milliseconds, for the time left.
    fn weight(&self) -> u64 {
        const PEER: u64 = 800;
        let stands = self.stands.iter();
        let lab: u64 = stands.map(|stand| Plan::LONG.weight(stand)).sum();
        PEER * self.commands.len() as u64 + lab
    }

    /// Runs the peer, and then the lab. A peer runs for about a second and tells the mean of all
    /// that, whatever disturbed it: so does the lab here.
    fn run(&mut self, lab: &Path, bar: &ProgressBar) -> Result<(), Stopped> {
        let mut figures = Vec::new();
        for command in &self.commands {
            let figure = run(command).and_then(|text| (self.compared.read)(&text));
            let figure = figure.with_context(|| format!("`{command}`"));
            figures.push(figure.map_err(|error| Stopped::Failed(format!("{error:#}")))?);
        }
        self.peer.push(ratio(&figures));

        let rows = measure_beneath(lab, &self.stands, Plan::LONG, bar);
        let figures: Vec<f64> = rows
            .iter()
            .map(|row| match &row.outcome {
                crate::record::Outcome::Measured(figure) => Ok(figure.mean),
                crate::record::Outcome::NotHere(why) => {
                    Err(Stopped::NotHere(format!("the lab's {}: {why}", row.id)))
                }
            })
            .collect::<Result<_, _>>()?;
        // After Ctrl-C there are fewer.
        if figures.len() == self.stands.len() {
            self.lab.push(ratio(&figures));
        }
        Ok(())
    }

    fn finish(self) -> Comparison {
        let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
        Comparison {
            label: self.compared.label.to_owned(),
            place: self.compared.place,
            commands: self.commands,
            measures: self.compared.measures.to_owned(),
            rows: owned(self.compared.rows),
            bound: self.compared.bound,
            differs: self.compared.differs.to_owned(),
            outcome: match self.stopped {
                Some(Stopped::NotHere(why)) => Outcome::NotHere(why),
                Some(Stopped::Failed(why)) => Outcome::Failed(why),
                None => Outcome::Measured {
                    peer: Runs::new(self.peer),
                    lab: Runs::new(self.lab),
                },
            },
        }
    }
}

/// One figure as it is; of two, the first over the second.
fn ratio(figures: &[f64]) -> f64 {
    figures[0] / figures.get(1).copied().unwrap_or(1.0)
}

/// The root of the checkout, where the peers run.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compiles the C programs.
fn compile() -> Result<()> {
    let folder = root().join("target/lab/peers");
    fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    for name in ["pthread", "vfork"] {
        let command = format!("cc -O2 -pthread -o target/lab/peers/{name} lab/peers/{name}.c");
        run(&command).with_context(|| format!("`{command}`"))?;
    }
    Ok(())
}

/// What a command prints, to its standard output and its standard error.
///
/// # Errors
/// A command that can't be started or fails, with its last line; and Ctrl-C, which kills it with
/// all that it has started.
fn run(command: &str) -> Result<String> {
    let mut words = command.split(' ');
    let (reader, writer) = pipe().context("can't make a pipe")?;
    let mut command = Command::new(words.next().unwrap_or_default());
    command
        .args(words)
        .current_dir(root())
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0);
    // SAFETY: prctl(2) is a system call alone, and allocates nothing.
    unsafe {
        command.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?));
    }
    let mut child = command.spawn().context("can't be started")?;
    // It holds the pipe's other end, and so hides where the output ends.
    drop(command);
    let text = read_all(reader);
    if text.is_err() {
        let _ = killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL);
    }
    let status = child.wait()?;
    let text = text?;
    ensure!(status.success(), "{}", failure(status, &text));
    Ok(text)
}

fn read_all(mut reader: PipeReader) -> Result<String> {
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match reader.read(&mut part) {
            Ok(0) => return Ok(String::from_utf8_lossy(&all).into_owned()),
            Ok(length) => all.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => interrupt::check()?,
            Err(error) => bail!("its output can't be read: {error}"),
        }
    }
}

fn failure(status: ExitStatus, text: &str) -> String {
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    match last {
        Some(line) => format!("it ended with {status}, and \"{}\"", line.trim()),
        None => format!("it ended with {status}, and printed nothing"),
    }
}
