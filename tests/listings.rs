//! Each listing does what was recorded and leaves nothing behind; each program that must not
//! compile fails as it states. One test each, named after the program. And who runs one fetches no
//! crate that it doesn't need.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::{LazyLock, Mutex};

use anyhow::{Result, ensure};
use book::problem::Problems;
use book::programs::{self, Kind, Program, check};
use tests::{PROJECT, one_at_a_time, trial};

static EXECUTABLES: LazyLock<Result<BTreeMap<String, PathBuf>, String>> =
    LazyLock::new(|| programs::build(&PROJECT).map_err(|error| format!("{error:#}")));

/// The programs of which no output was compared, and why not.
static NOT_COMPARED: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

fn main() -> ExitCode {
    let programs = Program::all(&PROJECT).expect("the programs can be read");
    let count = programs.len();
    let trials = programs.into_iter().map(|program| {
        let kind = match program.kind {
            Kind::Listing => "",
            Kind::Fail => "must not compile",
        };
        let name = program.name.clone();
        trial(&name, move || does_as_recorded(&program)).with_kind(kind)
    });
    let fetches = trial("who_runs_a_listing_fetches_nix_alone", fetches_nix_alone);
    let code = tests::run(&one_at_a_time(), trials.chain([fetches]).collect());
    let skipped = NOT_COMPARED.lock().expect("no panic");
    if !skipped.is_empty() {
        println!("Not compared, {} of {count}:", skipped.len());
        for (name, why) in &*skipped {
            println!("  {name}: {why}");
        }
    }
    code
}

/// Cargo fetches what the default members of the workspace need, whichever of their programs it runs.
fn fetches_nix_alone() -> Result<()> {
    let crates = |of: &[&str]| -> Result<BTreeSet<String>> {
        let output = Command::new(programs::cargo())
            .args(["tree", "--edges", "normal,build", "--prefix", "none"])
            .args(["--format", "{p}"])
            .args(of)
            .current_dir(&PROJECT.root)
            .output()?;
        let crates = String::from_utf8(output.stdout)?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{said}");
        // Ours have their place behind them; an empty line parts two trees.
        let others = |line: &&str| !line.is_empty() && !line.contains('(');
        let crates = crates.lines().filter(others);
        Ok(crates.map(str::to_owned).collect())
    };
    let nix = crates(&["--package", "nix"])?;
    let more: Vec<_> = crates(&[])?.difference(&nix).cloned().collect();
    ensure!(
        more.is_empty(),
        "the default members of the workspace need more than nix: {}",
        more.join(", ")
    );
    Ok(())
}

fn does_as_recorded(program: &Program) -> Result<()> {
    let executables = EXECUTABLES.as_ref().map_err(anyhow::Error::msg)?;
    let checked = check(&PROJECT, program, executables)?;
    if let Some(why) = checked.not_compared {
        let mut skipped = NOT_COMPARED.lock().expect("no panic");
        skipped.push((program.name.clone(), why));
    }
    Ok(Problems::check(checked.problems)?)
}
