//! Files that are made of others, and committed.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::problem::Problem;
use crate::project::{Project, write_if_changed};

/// A file that is made of another.
pub struct Made {
    /// Both relative to the root of the checkout.
    pub file: PathBuf,
    pub from: PathBuf,
    /// Or why it can't be made.
    pub text: Result<String>,
}

/// Writes the files; gives those that changed.
///
/// # Errors
/// A source that doesn't have what a file needs: says which, and what is missing.
pub fn write(project: &Project, all: Vec<Made>) -> Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    for Made { file, from, text } in all {
        let text =
            text.with_context(|| format!("can't make {} of {}", file.display(), from.display()))?;
        if write_if_changed(&project.root.join(&file), &text)? {
            changed.push(file);
        }
    }
    Ok(changed)
}

/// The first of the files that isn't what its source says: one command makes them all anew.
pub fn check(project: &Project, all: Vec<Made>) -> Vec<Problem> {
    let wrong = |Made { file, from, text }| match text {
        Err(error) => Some(Problem::new(from, 1, format!("{error:#}"))),
        Ok(text) if project.read(&file).ok().as_ref() != Some(&text) => {
            let from = from.display();
            let message = format!("this isn't what {from} says: run `cargo run -- record`");
            Some(Problem::new(file, 1, message))
        }
        Ok(_) => None,
    };
    Vec::from_iter(all.into_iter().find_map(wrong))
}
