//! Each listing does in the machine of the pages what was recorded, or says that it can't, and
//! doesn't. One test each, named after it.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::{LazyLock, Mutex};

use anyhow::{Context, Result, bail, ensure};
use book::pages;
use book::problem::Problems;
use book::programs::{Ending, Kind, Program, Run, check_run};
use nix::fcntl::Flock;
use serde::Deserialize;
use tests::{PROJECT, trial};
use vm::Image;

/// The page that runs them, when the first test needs it.
static PAGE: LazyLock<Result<Mutex<Page>, String>> = LazyLock::new(|| {
    Page::open()
        .map(Mutex::new)
        .map_err(|error| format!("{error:#}"))
});

fn main() -> ExitCode {
    let programs = Program::all(&PROJECT).expect("the programs can be read");
    let trials = programs
        .into_iter()
        .filter(|program| program.kind == Kind::Listing)
        .map(|program| {
            let name = program.name.clone();
            trial(&name, move || does_as_stated(&program))
        });
    tests::run_unless(missing(), trials.collect())
}

/// Why nothing can be checked here, if so.
fn missing() -> Option<String> {
    match Image::find(&PROJECT.root) {
        Ok(Some(_)) => tests::no_browser(),
        Ok(None) => {
            Some("there is no machine of these sources: `cargo run -- vm` makes it".to_owned())
        }
        Err(error) => Some(format!("{error:#}")),
    }
}

fn does_as_stated(program: &Program) -> Result<()> {
    let page = PAGE.as_ref().map_err(anyhow::Error::msg)?;
    let told = page.lock().expect("no test panics").run(&program.name)?;
    let does = does_as_recorded(program, told);
    if program.not_in_the_page().is_some() {
        ensure!(
            does.is_err(),
            "it does in the machine what was recorded: take its line `//! Not in the page` away"
        );
        return Ok(());
    }
    does.context(
        "in the machine of the pages it must do what was recorded, or else say by a line \
         `//! Not in the page: REASON` what it needs",
    )
}

fn does_as_recorded(program: &Program, told: Told) -> Result<()> {
    ensure!(told.ok, "it {}:\n{}{}", told.how, told.stdout, told.stderr);
    let run = Run {
        stdout: told.stdout,
        stderr: told.stderr,
        ending: Ending::Exited(0),
        left: Vec::new(),
    };
    let checked = check_run(&PROJECT, program, &run)?;
    if let Some(why) = checked.not_compared {
        bail!("it can't show its point: {why}");
    }
    Ok(Problems::check(checked.problems)?)
}

/// A page in a browser, by `browser/in-the-machine.mjs`.
struct Page {
    asked: ChildStdin,
    told: BufReader<ChildStdout>,
    /// At target/book.
    _turn: Flock<File>,
}

/// How a listing did.
#[derive(Deserialize)]
struct Told {
    stdout: String,
    stderr: String,
    how: String,
    /// Whether it ended by itself with status 0.
    ok: bool,
}

impl Page {
    fn open() -> Result<Self> {
        let turn = tests::turn()?;
        pages::render(&PROJECT, &PROJECT.root.join("target/book"), None)?;
        let mut child = Command::new("node")
            .arg(PROJECT.root.join("tests/browser/in-the-machine.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start node")?;
        Ok(Self {
            asked: child.stdin.take().expect("it was piped"),
            told: BufReader::new(child.stdout.take().expect("it was piped")),
            _turn: turn,
        })
    }

    fn run(&mut self, name: &str) -> Result<Told> {
        writeln!(self.asked, "{name}")?;
        let mut line = String::new();
        self.told.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("the page says: {line:?}"))
    }
}
