//! The lab beside its peers: programs that measure the same, run in turn with the lab on this
//! machine.

mod output;

use std::fs;
use std::io::{self, PipeReader, Read, pipe};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail, ensure};
use indexmap::IndexMap;
use indicatif::ProgressBar;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::agreement::{Comparison, Outcome, Runs};
use crate::groups::stand_of;
use crate::interrupt;
use crate::list::{List, read};
use crate::measure::{Plan, measure_beneath, progress};
use crate::record::Affinity;
use crate::stand::Stand;
use crate::topology::Chosen;
use output::Output;

/// What is compared with what: `peers.toml`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Peers {
    tools: IndexMap<String, Tool>,
    pub compared: Vec<Compared>,
    /// What isn't compared, and why.
    pub not_compared: IndexMap<String, String>,
}

/// A peer's program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    /// Prints its version, in the first line that has a digit.
    version: String,
    /// How to install it.
    install: String,
    output: Output,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    pub label: String,
    tool: String,
    affinity: Affinity,
    /// As in [`Comparison`], without what keeps a command on one CPU.
    commands: Vec<String>,
    measures: String,
    rows: Vec<String>,
    bound: Option<f64>,
    differs: String,
}

/// # Errors
/// A list that can't be read.
pub fn all() -> Result<&'static Peers> {
    static ALL: List<Peers> = List::new(|| {
        read("peers.toml", include_str!("peers.toml"), |peers: Peers| {
            for Compared {
                label, tool, rows, ..
            } in &peers.compared
            {
                let is_there = peers.tools.contains_key(tool);
                ensure!(is_there, "{label}: there is no tool {tool}");
                for row in rows {
                    ensure!(stand_of(row).is_some(), "{label}: the lab has no row {row}");
                }
            }
            Ok(peers)
        })
    });
    ALL.get()
}

/// What each of the tools that are here says of its version.
pub type Versions = IndexMap<&'static str, String>;

/// Asks each tool for its version.
///
/// # Errors
/// A list that can't be read.
pub fn versions() -> Result<Versions> {
    let version =
        |(name, tool): (&'static String, &Tool)| Some((name.as_str(), tool.version(name)?));
    Ok(all()?.tools.iter().filter_map(version).collect())
}

impl Tool {
    fn version(&self, name: &str) -> Option<String> {
        let mut words = self.version.split(' ');
        let output = Command::new(words.next()?).args(words).output().ok()?;
        // hackbench writes its help to the standard error, and some end with a status other than 0.
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let line = text
            .lines()
            .find(|line| line.contains(|letter: char| letter.is_ascii_digit()));
        let line = line.unwrap_or(name).trim();
        // stress-ng appends what compiled it, and for which kernel.
        Some(match line.rsplit_once(" (") {
            Some((version, built)) if built.ends_with(')') => version.to_owned(),
            _ => line.to_owned(),
        })
    }
}

/// Runs the peers and the lab, the program `lab`, so many times each, in turn.
///
/// # Errors
/// Ctrl-C; and a machine on which nothing can be put in its place.
pub fn compare(
    lab: &Path,
    versions: &Versions,
    chosen: &[&'static Compared],
    runs: usize,
) -> Result<Vec<Comparison>> {
    let cpu = Chosen::here()?.one;
    let mut all: Vec<Pair> = chosen
        .iter()
        .map(|compared| Pair::new(compared, versions, cpu))
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
    tool: &'static Tool,
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
    fn new(compared: &'static Compared, versions: &Versions, cpu: usize) -> Result<Self> {
        let commands = compared
            .commands
            .iter()
            .map(|command| match compared.affinity {
                Affinity::OneCpu => format!("taskset -c {cpu} {command}"),
                _ => command.clone(),
            });
        let stands = compared.rows.iter().map(|row| {
            let stand = stand_of(row).with_context(|| format!("the lab has no row {row}"))?;
            // They are in the lab's own record.
            Ok(Stand {
                counts_calls: false,
                ..stand
            })
        });
        let (name, tool) = (&compared.tool, &all()?.tools[&compared.tool]);
        let stopped = if !versions.contains_key(name.as_str()) {
            let install = &tool.install;
            Some(Stopped::NotHere(format!(
                "{name} isn't installed ({install})"
            )))
        } else if tool.output == Output::Ours {
            let compiled = compile().err();
            compiled.map(|error| Stopped::Failed(format!("{error:#}")))
        } else {
            None
        };
        Ok(Self {
            compared,
            tool,
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
            let figure = run(command).and_then(|text| self.tool.output.figure(&text));
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
        Comparison {
            label: self.compared.label.clone(),
            affinity: self.compared.affinity,
            commands: self.commands,
            measures: self.compared.measures.clone(),
            rows: self.compared.rows.clone(),
            bound: self.compared.bound,
            differs: self.compared.differs.clone(),
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
