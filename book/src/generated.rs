//! All that is made by the tool and committed: `cargo run -- record`.

use anyhow::Result;

use crate::drawings;
use crate::programs::{self, Choice};
use crate::project::Project;
use crate::text::ledger;

/// Records what the programs print, then draws what is made of that and of the lab's record, and
/// writes the page of the ledger. Prints what changed.
///
/// # Errors
/// Those of [`programs::record`]; a source that lacks what is drawn from it.
pub fn record(project: &Project, choice: &Choice) -> Result<()> {
    let (recorded, changed) = programs::record(project, choice)?;
    for file in drawings::write(project)? {
        println!("{} is made anew.", file.display());
    }
    if ledger::write_page(project)? {
        println!("{} is made anew.", ledger::PAGE);
    }
    println!("{recorded} recorded, {changed} changed.");
    Ok(())
}
