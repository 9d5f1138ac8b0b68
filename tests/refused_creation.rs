//! Each listing and each solution whose first, second or third creation of a process or thread is
//! refused says so, ends and leaves nothing behind. One test each, named after the program. One that
//! can do without says that in its head: `//! Bears a refusal: REASON`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use anyhow::{Result, ensure};
use book::programs::{self, Ending, Kind, Program, Run, not_here};
use book::project::{names, read};
use tests::refusal::{Creator, missing, run_refused};
use tests::{PROJECT, apart, is_the_one, trial};

static EXECUTABLES: LazyLock<Result<BTreeMap<String, PathBuf>, String>> =
    LazyLock::new(|| executables().map_err(|error| format!("{error:#}")));

/// How a refusal of the kernel's is told: by std, by nix, by the shell.
const CAUSES: [&str; 3] = ["Resource temporarily unavailable", "EAGAIN", "Cannot fork"];

fn main() -> ExitCode {
    let listings = Program::all(&PROJECT).expect("the programs can be read");
    let listings = listings
        .into_iter()
        .filter(|program| program.kind == Kind::Listing)
        .map(|program| (program.name, program.source));
    let solutions = sources(SOLUTIONS).expect("the solutions can be read");
    let fixtures = sources(FIXTURES).expect("the fixtures can be read");
    let mut trials: Vec<_> = listings
        .chain(solutions)
        .map(|(name, source)| trial(&name.clone(), move || bears_refusals(&name, &source)))
        .collect();
    trials.extend(fixtures.into_iter().map(|(name, source)| {
        trial(&name.clone(), move || is_found_out(&name, &source)).with_kind("fixture")
    }));
    tests::run_unless(missing(), trials)
}

/// The folder of the solutions, and how the names of their programs begin.
const SOLUTIONS: (&str, &str) = ("exercises/src/solutions", "solution-");

/// Those of programs that don't bear a refusal. The first line of each is what must be said of it.
const FIXTURES: (&str, &str) = ("tests/fixtures/refused", "");

/// The sources of a folder, by the names of their programs.
fn sources((folder, prefix): (&str, &str)) -> Result<BTreeMap<String, String>> {
    let folder = PROJECT.root.join(folder);
    let sources = names(&folder, "rs")?.into_iter().map(|name| {
        let source = read(&folder.join(format!("{name}.rs")))?;
        Ok((format!("{prefix}{name}"), source))
    });
    sources.collect()
}

fn executables() -> Result<BTreeMap<String, PathBuf>> {
    let mut executables = programs::build(&PROJECT)?;
    let mut apart = sources(SOLUTIONS)?;
    apart.extend(sources(FIXTURES)?);
    for (name, built) in apart::build(&PROJECT, "refused", &apart)? {
        executables.insert(name, built.map_err(anyhow::Error::msg)?);
    }
    Ok(executables)
}

/// What a program says of itself that does its work although a creation was refused.
const BEARS: &str = "//! Bears a refusal: ";

fn bears_refusals(name: &str, source: &str) -> Result<()> {
    let mut faults = faults(name)?;
    if source.lines().any(|line| line.starts_with(BEARS)) {
        let all = faults.len();
        faults.retain(|fault| !fault.ends_with(UNTOLD));
        ensure!(
            faults.len() < all,
            "it bears no refusal: take its line `{BEARS}` away"
        );
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// What is said of a run that ended well although something was refused.
const UNTOLD: &str = "ended with status 0, as if nothing had been refused";

fn is_found_out(name: &str, source: &str) -> Result<()> {
    let first = source.lines().next().unwrap_or_default();
    let expected = first.trim_start_matches("//! ");
    is_the_one(expected, &faults(name)?)
}

/// What is wrong with a program's runs, in each of which one creation is refused: the first to the
/// third, or as many as there are.
fn faults(name: &str) -> Result<Vec<String>> {
    let executables = EXECUTABLES.as_ref().map_err(anyhow::Error::msg)?;
    let mut faults = Vec::new();
    let mut refused = 0;
    for (creator, whose) in [(Creator::First, "its"), (Creator::Others, "a child's")] {
        for nth in 1..=3 {
            let (run, made) = run_refused(&executables[name], creator, nth)?;
            if made < nth {
                break;
            }
            refused += 1;
            let found = faults_of_run(&run).into_iter();
            faults.extend(
                found.map(|fault| format!("with {whose} creation {nth} refused, it {fault}")),
            );
        }
    }
    if refused == 0 {
        eprintln!("{name}: creates no process and no thread, so nothing was refused");
    }
    Ok(faults)
}

/// What is wrong with a run in which a creation was refused.
fn faults_of_run(run: &Run) -> Vec<String> {
    let left = run.left.iter().map(|what| format!("left behind {what}"));
    let mut faults: Vec<_> = left.collect();
    match run.ending {
        Ending::Overran(limit) => faults.push(format!("hung for {} s", limit.as_secs())),
        Ending::Exited(0) if not_here(&run.stdout).is_none() => {
            faults.push(UNTOLD.to_owned());
        }
        Ending::Exited(0) => {}
        _ if CAUSES.iter().any(|cause| run.stderr.contains(cause)) => {}
        ending => faults.push(format!("{ending} without the cause: {}", run.stderr.trim())),
    }
    faults
}
