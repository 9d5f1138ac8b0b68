//! Recorded outputs: what the chapters show, made by running and never by typing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use snapbox::report::{Palette, write_diff};

use super::build::{build_only, toolchain};
use super::listing::{ANY_ORDER, Kind, OUTPUTS, Program, files};
use super::normalise::normalise;
use super::refusal::{Refusal, refuse};
use super::run::{Ending, LIMIT, Run, run};
use super::rustfmt::rustfmt;
use super::steady;
use crate::near;
use crate::problem::{Problem, Problems};
use crate::project::{Project, read, write_if_changed};

/// Which programs to record.
pub enum Choice {
    /// Those whose source changed since, or that have no output.
    Stale,
    All,
    Named(Vec<String>),
}

/// Runs listings, compiles what must not compile, and writes what came out. Prints what changed, and
/// says how many were run and how many of their outputs changed.
///
/// # Errors
/// A name that no program has; a listing that doesn't build, doesn't end well or leaves something
/// behind; a program that compiles, or fails for another reason than the one it states. What was
/// recorded before the error stays.
pub fn record(project: &Project, choice: &Choice) -> Result<(usize, usize)> {
    let mut programs = Program::all(project)?;
    if let Choice::Named(wanted) = choice
        && let Some(unknown) = wanted
            .iter()
            .find(|name| programs.iter().all(|program| program.name != **name))
    {
        let [listing, ..] = files(unknown);
        let names: Vec<_> = programs
            .iter()
            .map(|program| program.name.clone())
            .collect();
        bail!(
            "there is no program {unknown}{}: `cargo run -- new listing {unknown}` makes {}",
            near::but(unknown, &names),
            listing.display()
        );
    }
    let mut index = Index::load(project)?;
    index
        .0
        .retain(|name, _| programs.iter().any(|program| program.name == *name));
    programs.retain(|program| match choice {
        Choice::All => true,
        Choice::Named(wanted) => wanted.contains(&program.name),
        Choice::Stale => index.stale(project, program).is_some(),
    });
    format(project, &mut programs)?;
    match programs
        .iter()
        .filter(|it| it.kind == Kind::Listing)
        .count()
    {
        0 => {}
        1 => eprintln!("Building the program ..."),
        count => eprintln!("Building {count} programs ..."),
    }
    let executables = build_only(project, &programs)?;

    let bar = ProgressBar::new(programs.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    let mut changed = 0;
    for program in &programs {
        bar.set_message(program.name.clone());
        let (new, faults) = observe(project, program, &executables)?;
        Problems::check(faults)?;
        if program.kind == Kind::Listing
            && let Some(why) = not_here(&new)
        {
            bar.suspend(|| println!("{} stays as it was. {why}", program.output().display()));
            continue;
        }
        let file = project.root.join(program.output());
        let old = fs::read_to_string(&file).unwrap_or_default();
        // A record that differs in nothing but pids and the like stays as it is.
        let differs = comparable(program, &old) != comparable(program, &new);
        if differs {
            let (again, _) = observe(project, program, &executables)?;
            Problems::check(Vec::from_iter(unsteady(program, &new, &again)))?;
            write_if_changed(&file, &new)?;
        }
        index.0.insert(program.name.clone(), Origin::of(program));
        // At once, so that an error later on loses nothing, nor a reader who has read enough.
        index.save(project)?;
        if differs {
            changed += 1;
            let difference = difference(program, &old, &new, Palette::color());
            bar.suspend(|| anstream::print!("{difference}"));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    index.save(project)?;
    Ok((programs.len(), changed))
}

/// Formats the programs, where rustfmt is there, so that what is recorded is what is committed.
fn format(project: &Project, programs: &mut [Program]) -> Result<()> {
    let files: Vec<_> = programs
        .iter()
        .map(|program| project.root.join(&program.file))
        .collect();
    rustfmt(&files)?;
    for (program, file) in programs.iter_mut().zip(files) {
        let formatted = read(&file)?;
        if formatted != program.source {
            println!("{} is formatted.", program.file.display());
            program.source = formatted;
        }
    }
    Ok(())
}

/// What is wrong with a program of which two runs, with nothing changed between them, print what no
/// comparison could take for equal.
fn unsteady(program: &Program, one: &str, other: &str) -> Option<Problem> {
    let (first, second) = (comparable(program, one), comparable(program, other));
    if first == second {
        return None;
    }
    let message = match steady::numbers(&first, &second) {
        Some((line, number, another)) => format!(
            "line {line} of its output has {number}, and {another} in a second run: {}",
            steady::NAME_IT
        ),
        None => format!(
            "a second run prints something else; if its lines may come in any order, say so by a \
             line `{ANY_ORDER}`\n{}",
            difference(program, &first, &second, Palette::plain())
        ),
    };
    Some(Problem::new(&program.file, 1, message))
}

/// The beginning of a line by which a listing says that the kernel, or this machine, doesn't allow
/// what it shows, and why. It must end well all the same.
const NOT_HERE: &str = "Not here: ";

/// The line by which a listing says so, if it does.
pub fn not_here(text: &str) -> Option<&str> {
    text.lines().find(|line| line.starts_with(NOT_HERE))
}

/// The programs whose output is of another source than is there, or that have none, by name.
///
/// # Errors
/// An index that is damaged.
pub fn stale(project: &Project, programs: &[Program]) -> Result<BTreeMap<String, Problem>> {
    let index = Index::load(project)?;
    Ok(programs
        .iter()
        .filter_map(|program| {
            let problem = index.problem(project, program)?;
            Some((program.name.clone(), problem))
        })
        .collect())
}

/// What a check of a program's record found.
pub struct Checked {
    pub problems: Vec<Problem>,
    /// Why what came out was not compared with the record, if it was not: a compiler's message is of
    /// another compiler, or a listing says that it can't show its point on this machine.
    pub not_compared: Option<String>,
}

/// Runs a program, or has it refused, and compares what comes out with its record.
///
/// `executables` are those of [`build`].
pub fn check(
    project: &Project,
    program: &Program,
    executables: &BTreeMap<String, PathBuf>,
) -> Result<Checked> {
    let index = Index::load(project)?;
    if let Some(problem) = index.problem(project, program) {
        return Ok(Checked {
            problems: vec![problem],
            not_compared: None,
        });
    }
    let (now, problems) = observe(project, program, executables)?;
    let not_compared = match program.kind {
        Kind::Listing => not_here(&now).map(str::to_owned),
        Kind::Fail => (!index.is_of_this_compiler(program)).then(|| {
            let release = &toolchain().release;
            format!("recorded by another compiler than Rust {release}: only error codes compared")
        }),
    };
    compared(project, program, &now, problems, not_compared)
}

/// Compares a run of a listing, wherever it ran, with its record.
pub fn check_run(project: &Project, program: &Program, run: &Run) -> Result<Checked> {
    let now = text(run);
    let not_compared = not_here(&now).map(str::to_owned);
    compared(project, program, &now, faults(program, run), not_compared)
}

/// Compares what came out with the record, unless there are faults already, or a reason not to.
fn compared(
    project: &Project,
    program: &Program,
    now: &str,
    mut problems: Vec<Problem>,
    not_compared: Option<String>,
) -> Result<Checked> {
    if problems.is_empty() && not_compared.is_none() {
        let recorded = read(&project.root.join(program.output()))?;
        problems.extend(differs(
            program,
            &comparable(program, &recorded),
            &comparable(program, now),
        ));
    }
    Ok(Checked {
        problems,
        not_compared,
    })
}

/// What comes out of a program now, and what is wrong with that whatever was recorded.
fn observe(
    project: &Project,
    program: &Program,
    executables: &BTreeMap<String, PathBuf>,
) -> Result<(String, Vec<Problem>)> {
    Ok(match program.kind {
        Kind::Listing => {
            let executable = executables
                .get(&program.name)
                .with_context(|| format!("cargo built no program {}", program.name))?;
            let run = run(executable, LIMIT)?;
            (text(&run), faults(program, &run))
        }
        Kind::Fail => {
            let refusal = refuse(project, program)?;
            let wrong = wrong_codes(program, &refusal);
            (refusal.message, wrong.into_iter().collect())
        }
    })
}

/// A text without what may differ from one run to the next.
fn comparable(program: &Program, text: &str) -> String {
    match program.kind {
        Kind::Listing => normalise(text, program.order()),
        // The margin is as wide as the longest line number, and sources of the standard library
        // have longer ones.
        Kind::Fail => {
            text.lines()
                .map(str::trim_start)
                .collect::<Vec<_>>()
                .join("\n")
                + "\n"
        }
    }
}

/// A run as it is recorded: its standard output alone where there is nothing else to tell, which
/// is the usual case; else the rest follows behind lines that say what it is.
fn text(run: &Run) -> String {
    let mut text = run.stdout.clone();
    if !run.stderr.is_empty() {
        text += "--- standard error ---\n";
        text += &run.stderr;
    }
    if run.ending != Ending::Exited(0) {
        writeln!(text, "--- {} ---", run.ending).expect("a String takes all");
    }
    text
}

/// What is wrong with a run.
fn faults(program: &Program, run: &Run) -> Vec<Problem> {
    if run.ending == Ending::Exited(0) {
        run.left
            .iter()
            .map(|what| {
                let message = format!("the listing left behind {what}");
                Problem::new(&program.file, 1, message)
            })
            .collect()
    } else {
        // What is left after such an end, it may have had no chance to take away.
        let message = format!(
            "the listing must end by itself with status 0, and this run: {}\n{}",
            run.ending,
            text(run)
        );
        vec![Problem::new(&program.file, 1, message)]
    }
}

/// What is wrong with how a program was refused.
fn wrong_codes(program: &Program, refusal: &Refusal) -> Option<Problem> {
    let stated = program.stated_codes();
    let list = |codes: &BTreeSet<String>| {
        if codes.is_empty() {
            "none".to_owned()
        } else {
            codes.iter().cloned().collect::<Vec<_>>().join(", ")
        }
    };
    let message = if stated.is_empty() {
        "it doesn't state its error: add a line such as `//! Must not compile: E0277.`".to_owned()
    } else if refusal.codes.is_empty() && refusal.without_code == 0 {
        "it compiles, and must not".to_owned()
    } else if refusal.codes != stated || refusal.without_code > 0 {
        let more = match refusal.without_code {
            0 => "",
            _ => " and errors without a code",
        };
        format!(
            "it must fail with {}, and fails with {}{more}:\n{}",
            list(&stated),
            list(&refusal.codes),
            refusal.message
        )
    } else {
        return None;
    };
    Some(Problem::new(&program.file, 1, message))
}

fn differs(program: &Program, recorded: &str, now: &str) -> Option<Problem> {
    if recorded == now {
        return None;
    }
    let line = 1 + recorded
        .lines()
        .zip(now.lines())
        .take_while(|(recorded, now)| recorded == now)
        .count();
    let number = match steady::numbers(recorded, now) {
        Some((_, old, new)) => format!("; where {old} is {new} now, {}", steady::NAME_IT),
        None => String::new(),
    };
    let message = format!(
        "this is not what comes out now; if the new output is right, run `cargo run -- record {}`{number}\n{}",
        program.name,
        difference(program, recorded, now, Palette::plain())
    );
    Some(Problem::new(program.output(), line, message))
}

fn difference(program: &Program, old: &str, new: &str, palette: Palette) -> String {
    let mut text = String::new();
    let (old, new) = (old.to_owned().into(), new.to_owned().into());
    let file = program.output();
    let name = file.display();
    write_diff(&mut text, &old, &new, Some(&name), Some(&name), palette)
        .expect("a String takes all");
    text
}

/// `listings/outputs/index.toml`: of which source, and by which compiler, each output was recorded.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Index(BTreeMap<String, Origin>);

#[derive(Serialize, Deserialize)]
struct Origin {
    /// SHA-256 of the source, in hexadecimal.
    source: String,
    /// The compiler's release.
    rust: String,
    /// The compiler's host triple.
    host: String,
}

impl Origin {
    fn of(program: &Program) -> Self {
        Self {
            source: program.hash(),
            rust: toolchain().release.clone(),
            host: toolchain().host.clone(),
        }
    }
}

impl Index {
    fn file(project: &Project) -> PathBuf {
        project.root.join(OUTPUTS).join("index.toml")
    }

    fn load(project: &Project) -> Result<Self> {
        let file = Self::file(project);
        if !file.exists() {
            return Ok(Self::default());
        }
        toml::from_str(&read(&file)?).with_context(|| {
            let file = file.display();
            format!("{file} is damaged: delete it and run `cargo run -- record`")
        })
    }

    fn save(&self, project: &Project) -> Result<()> {
        let text = format!(
            "# Made by `cargo run -- record`: of which source each output was recorded, and by \
             which compiler.\n\n{}",
            toml::to_string(self)?
        );
        write_if_changed(&Self::file(project), &text)?;
        Ok(())
    }

    /// Why a program's output must be recorded, if it must.
    fn stale(&self, project: &Project, program: &Program) -> Option<&'static str> {
        let is_of_this_source = |entry: &Origin| entry.source == program.hash();
        if !project.root.join(program.output()).exists() {
            Some("its output was never recorded")
        } else if !self.0.get(&program.name).is_some_and(is_of_this_source) {
            Some("it changed since its output was recorded")
        } else {
            None
        }
    }

    fn problem(&self, project: &Project, program: &Program) -> Option<Problem> {
        let what = self.stale(project, program)?;
        let message = format!("{what}: run `cargo run -- record {}`", program.name);
        Some(Problem::new(&program.file, 1, message))
    }

    fn is_of_this_compiler(&self, program: &Program) -> bool {
        self.0.get(&program.name).is_some_and(|entry| {
            entry.rust == toolchain().release && entry.host == toolchain().host
        })
    }
}
