//! All that is made by the tool and committed: `cargo run -- record`.

use anyhow::Result;

use crate::drawings;
use crate::made::{self, Made};
use crate::problem::{Problem, Problems};
use crate::programs::{self, Choice};
use crate::project::Project;
use crate::text::{ledger, line_ends, quizzes};

/// Records what the programs print, then makes what is made of that, of the lab's record, of the
/// quizzes and of the ledger. Prints what changed.
///
/// # Errors
/// Lines that end in CR LF; those of [`programs::record`]; a source that lacks what is made of it.
pub fn record(project: &Project, choice: &Choice) -> Result<()> {
    Problems::check(line_ends::check(project))?;
    let (recorded, changed) = programs::record(project, choice)?;
    for file in made::write(project, all(project)?)? {
        println!("{} is made anew.", file.display());
    }
    println!("{recorded} recorded, {changed} changed.");
    Ok(())
}

/// The first file that isn't what its source says.
pub fn check(project: &Project) -> Result<Vec<Problem>> {
    Ok(made::check(project, all(project)?))
}

fn all(project: &Project) -> Result<Vec<Made>> {
    let mut all = Vec::from_iter(programs::made(project)?);
    all.extend(drawings::made(project)?);
    all.extend(quizzes::made(project)?);
    all.extend(ledger::made(project));
    Ok(all)
}
