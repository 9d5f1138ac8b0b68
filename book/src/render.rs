//! Building the static book.

use std::path::Path;

use anyhow::{Context, Result};
use mdbook_driver::MDBook;

use crate::problem::Problems;
use crate::project::Project;
use crate::rules;

/// Builds the static book into `dest`, replacing what is there.
///
/// # Errors
/// Names file and line of what would make a page wrong (see [`rules::sources`]), before anything
/// is written; then whatever mdBook reports.
pub fn render(project: &Project, dest: &Path) -> Result<()> {
    Problems::check(rules::sources(project)?)?;
    let mut book = MDBook::load(&project.root).context("mdBook can't load the book")?;
    book.config.build.build_dir = dest.to_owned();
    book.build()
        .with_context(|| format!("mdBook can't build the book into {}", dest.display()))
}
