//! Each listing does what was recorded and leaves nothing behind; each program that must not
//! compile fails as it states. One test each, named after the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{LazyLock, Mutex};

use anyhow::Result;
use book::problem::Problems;
use book::programs::{self, Kind, Program, check};
use book::project::Project;
use tests::{one_at_a_time, trial};

static PROJECT: LazyLock<Project> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Project::new(root.expect("the workspace"))
});

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
    let code = tests::run(&one_at_a_time(), trials.collect());
    let skipped = NOT_COMPARED.lock().expect("no panic");
    if !skipped.is_empty() {
        println!("Not compared, {} of {count}:", skipped.len());
        for (name, why) in &*skipped {
            println!("  {name}: {why}");
        }
    }
    code
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
