//! The book to take along: an EPUB, a PDF, and a zip of the pages.
//!
//! All three are made of the plain book, which mdBook alone makes: its listings have no bar to run
//! them and its outputs aren't folded. Its scripts work without a server too; a browser loads
//! modules, which the finished pages use, from a server alone.

mod archive;
mod contents;
mod epub;
mod pdf;
mod xhtml;

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{DecimalBytes, ProgressBar};
use mdbook_driver::MDBook;
use url::Url;

use crate::pages::{self, mdbook};
use crate::project::{self, Project, has_extension, read, write_if_changed};
use contents::Contents;
use pdf::Browser;

/// What is asked for beside the book itself.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Also make an EPUB, for e-readers
    #[arg(long)]
    pub epub: bool,
    /// Also make a PDF, by Chromium or Google Chrome
    #[arg(long)]
    pub pdf: bool,
    /// Also make a zip of the pages, to read without a server
    #[arg(long)]
    pub zip: bool,
}

/// What all forms are made of.
struct Source<'a> {
    project: &'a Project,
    /// The folder into which mdBook alone built the book.
    plain: &'a Path,
    book: &'a MDBook,
    contents: &'a Contents,
    /// Of its files, without the ending.
    name: String,
}

impl Source<'_> {
    fn title(&self) -> &str {
        self.book.config.book.title.as_deref().unwrap_or("Untitled")
    }

    fn language(&self) -> &str {
        self.book.config.book.language.as_deref().unwrap_or("en")
    }
}

/// Makes the bytes of one form.
type Maker = Box<dyn Fn(&Source) -> Result<Vec<u8>>>;

impl Wanted {
    /// What makes each form, by the ending of its file.
    ///
    /// # Errors
    /// No browser for the PDF.
    fn makers(self) -> Result<Vec<(&'static str, Maker)>> {
        let mut makers: Vec<(_, Maker)> = Vec::new();
        if self.epub {
            makers.push(("epub", Box::new(epub::make)));
        }
        if self.pdf {
            let browser = Browser::find()?;
            makers.push(("pdf", Box::new(move |source| pdf::make(source, &browser))));
        }
        if self.zip {
            makers.push(("zip", Box::new(zip)));
        }
        Ok(makers)
    }
}

/// Builds the static book into `dest` (see [`pages::render`]), and what is wanted into the same
/// folder, named after the book's title. Pages that name such a file, as in
/// `` `two-kitchens.epub` ``, then link to it.
///
/// The same book gives the same EPUB and the same zip, byte for byte.
///
/// # Errors
/// Those of [`pages::render`]; no browser for the PDF, before anything is written; what a form
/// can't hold. A file is there whole or not at all.
pub fn build(project: &Project, dest: &Path, url: Option<&Url>, wanted: Wanted) -> Result<()> {
    let makers = wanted.makers()?;
    let mut book = pages::rendered(project, dest, url)?;
    println!(
        "The book lies in {}: open index.html there.",
        dest.display()
    );

    if makers.is_empty() {
        return Ok(());
    }

    // Not in the system's folder for temporary files, into which a packaged browser may not look.
    let target = project.root.join("target");
    fs::create_dir_all(&target).with_context(|| format!("can't make {}", target.display()))?;
    let plain = tempfile::Builder::new()
        .prefix("plain-book-")
        .tempdir_in(target)?;
    pages::plain(&mut book, plain.path())?;
    let source = Source {
        project,
        plain: plain.path(),
        book: &book,
        contents: &Contents::of(&book)?,
        name: file_name(book.config.book.title.as_deref().unwrap_or("book")),
    };
    let mut made = Vec::new();
    for (kind, make) in makers {
        let file = format!("{}.{kind}", source.name);
        let start = Instant::now();
        let spinner = ProgressBar::new_spinner().with_message(format!("Making {file}"));
        spinner.enable_steady_tick(Duration::from_millis(100));
        let bytes = make(&source).with_context(|| format!("can't make {file}"))?;
        spinner.finish_and_clear();
        write_whole(&dest.join(&file), &bytes)?;
        println!(
            "{}: {}, made in {:.1} s",
            dest.join(&file).display(),
            DecimalBytes(bytes.len() as u64),
            start.elapsed().as_secs_f64()
        );
        made.push(file);
    }
    link(dest, &made)
}

/// The pages that a browser shows from files. The page for unknown addresses is a server's.
fn zip(source: &Source) -> Result<Vec<u8>> {
    let folder = source.plain;
    let mut paths = project::files(folder)?;
    for left_out in [".nojekyll", mdbook::NOT_FOUND] {
        paths.remove(Path::new(left_out));
    }
    let mut files = Vec::new();
    for path in paths {
        // In a folder of its own, so that unpacking it doesn't strew files.
        let packed = format!("{}/{}", source.name, path.display());
        files.push((packed, fs::read(folder.join(path))?));
    }
    archive::pack(files)
}

/// A title as the name of a file: `two-kitchens` for "Two Kitchens".
fn file_name(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}

/// Writes a file of which never a part is seen.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> Result<()> {
        let mut file = tempfile::Builder::new()
            // For everybody, as files are: a web server may be another user.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(path.parent().expect("a file lies in a folder"))?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("can't write {}", path.display()))
}

/// Makes a link of each mention of the files in the pages of `dest`, where they lie.
fn link(dest: &Path, made: &[String]) -> Result<()> {
    for page in project::files(dest)? {
        if !has_extension(&page, "html") {
            continue;
        }
        let path = dest.join(&page);
        let mut html = read(&path)?;
        let up = "../".repeat(page.iter().count() - 1);
        for file in made {
            let mention = format!("<code>{file}</code>");
            let link = format!("<a href=\"{up}{file}\">{mention}</a>");
            html = html.replace(&mention, &link);
        }
        write_if_changed(&path, &html)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_gives_the_name_of_a_file() {
        assert_eq!(file_name("Two Kitchens"), "two-kitchens");
        assert_eq!(file_name("C/C++: a <b>?"), "c-c-a-b");
    }
}
