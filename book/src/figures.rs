//! What is drawn from something recorded: from what a program printed, from what the lab measured.

mod address_space;
pub mod drawn;
pub mod measured;
pub mod widgets;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::problem::Problem;
use crate::project::{Project, read, write_if_changed};

/// The figures of the chapters: `NAME.svg`, most of them drawn by hand.
pub const FIGURES: &str = "src/figures";

/// A file that is made of another.
struct Made {
    /// Both relative to the root of the checkout.
    file: PathBuf,
    from: PathBuf,
    /// Or why it can't be made.
    text: Result<String>,
}

fn made(project: &Project) -> Result<Vec<Made>> {
    let mut all = Vec::from_iter(address_space::made(project)?);
    all.extend(measured::made(project)?);
    all.extend(widgets::made(project)?);
    Ok(all)
}

/// Makes the files whose source is there; gives those that changed.
///
/// # Errors
/// A source that doesn't have what a file needs: says which, and what is missing.
pub fn write(project: &Project) -> Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    for Made { file, from, text } in made(project)? {
        let text =
            text.with_context(|| format!("can't make {} of {}", file.display(), from.display()))?;
        if write_if_changed(&project.root.join(&file), &text)? {
            changed.push(file);
        }
    }
    Ok(changed)
}

/// The first of the files that isn't what its source says: one command makes them all anew.
pub fn check(project: &Project) -> Result<Vec<Problem>> {
    for Made { file, from, text } in made(project)? {
        match text {
            Err(error) => return Ok(vec![Problem::new(from, 1, format!("{error:#}"))]),
            Ok(text) if read(&project.root.join(&file)).ok().as_ref() != Some(&text) => {
                let message = format!(
                    "this isn't what {} says: run `cargo run -- record`",
                    from.display()
                );
                return Ok(vec![Problem::new(file, 1, message)]);
            }
            Ok(_) => {}
        }
    }
    Ok(Vec::new())
}
