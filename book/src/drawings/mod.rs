//! What is drawn from something recorded: from what a program printed, from what the lab measured.

mod address_space;
pub mod drawn;
pub mod measured;
pub mod widgets;

use anyhow::Result;

use crate::made::Made;
use crate::project::Project;

/// The figures of the chapters: `NAME.svg`, most of them drawn by hand.
pub const FIGURES: &str = "src/figures";

/// All whose source is there.
pub fn made(project: &Project) -> Result<Vec<Made>> {
    let mut all = Vec::from_iter(address_space::made(project)?);
    all.extend(measured::made(project)?);
    all.extend(widgets::made(project)?);
    Ok(all)
}
