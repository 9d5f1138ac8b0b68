//! Building the static book.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use mdbook_driver::MDBook;
use tracing::warn;
use url::Url;

use super::finish::finish;
use super::{mdbook, yours};
use crate::project::Project;
use crate::text::rules;

/// Builds the static book into `dest`, replacing the book that is there, to be published at `url`
/// (see [`finish()`]).
///
/// # Errors
/// A folder that holds something else: mdBook would empty it. Then file and line of what would make
/// a page wrong (see [`rules::sources`]), before anything is written; then what mdBook reports.
pub fn render(project: &Project, dest: &Path, url: Option<&Url>) -> Result<()> {
    rendered(project, dest, url).map(drop)
}

/// The same, and gives the book, as mdBook loaded it.
///
/// # Errors
/// Those of [`render`].
pub fn rendered(project: &Project, dest: &Path, url: Option<&Url>) -> Result<MDBook> {
    build(project, dest, url, |_| {})
}

/// The same, with the reader's machine in the charts if the lab ran here. A record of it that can't
/// be read is a warning.
///
/// # Errors
/// Those of [`render`].
pub fn render_with_yours(project: &Project, dest: &Path) -> Result<()> {
    let show_yours = |book: &mut MDBook| {
        if let Err(error) = yours::show(project, book) {
            warn!("the charts show the recorded machine alone: {error:#}");
        }
    };
    build(project, dest, None, show_yours).map(drop)
}

/// Builds into `dest` what mdBook alone makes of a book, with its page to print.
///
/// # Errors
/// What mdBook reports.
pub fn plain(book: &mut MDBook, dest: &Path) -> Result<()> {
    book.config.build.build_dir = dest.to_owned();
    book.config.set("output.html.print.enable", true)?;
    book.build().context("mdBook can't build the book")
}

fn build(
    project: &Project,
    dest: &Path,
    url: Option<&Url>,
    change: impl FnOnce(&mut MDBook),
) -> Result<MDBook> {
    let is_book = mdbook::MARKS.iter().all(|mark| dest.join(mark).is_file());
    ensure!(
        is_book || is_empty(dest)?,
        "{} holds something that is no built book, and building would delete it: name a new folder",
        dest.display()
    );
    let mut book = rules::sound(project)?;
    book.config.build.build_dir = dest.to_owned();
    change(&mut book);
    book.build()
        .with_context(|| format!("mdBook can't build the book into {}", dest.display()))?;
    finish(project, dest, url)?;
    Ok(book)
}

fn is_empty(folder: &Path) -> Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("can't look into {}", folder.display())),
    }
}
