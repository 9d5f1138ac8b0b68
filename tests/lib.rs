//! What several of the proofs use: the tests of the snippets, the tiny books of `fixtures/`, names that
//! must hit a test, and whether there is a browser.

mod names;

pub mod apart;
pub mod checkout;
pub mod mutation;
pub mod refusal;
pub mod snippet;
pub mod unchanged;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs};

use anyhow::{Context, Result};
use book::project::{Project, files};
use book::text::{ledger, quizzes};
use nix::fcntl::{Flock, FlockArg};
use tempfile::TempDir;

pub use names::{a_name_must_hit, names_must_hit, one_at_a_time, run, run_unless, trial};

/// The checkout that is proven: the one from which the tests were started, for another that is built
/// into the same target folder may have compiled them.
pub static PROJECT: LazyLock<Project> =
    LazyLock::new(|| Project::find().expect("cargo starts a test in the folder of its package"));

// The macro `snippets`: a test of each snippet.
include!(concat!(env!("OUT_DIR"), "/snippets.rs"));

/// Waits until no other run of the tests works below `target/` in a folder that always has the same
/// name, and has the next one wait until the turn is dropped.
///
/// # Errors
/// A folder that can't be made or written.
pub fn turn() -> Result<Flock<File>> {
    let folder = PROJECT.root.join("target");
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join("tests.lock"))?;
    Flock::lock(file, FlockArg::LockExclusive)
        .map_err(|(_, error)| error)
        .context("can't wait for other runs of the tests")
}

/// Why nothing can be checked in a browser, if so.
pub fn no_browser() -> Option<String> {
    let modules = PROJECT.root.join("tests/browser/node_modules");
    let chromium = env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    if !Path::new(&chromium).is_file() {
        Some("there is no Chromium".to_owned())
    } else if !modules.is_dir() {
        Some("`npm ci --prefix tests/browser` hasn't been run".to_owned())
    } else {
        None
    }
}

/// The folders in a folder of `fixtures/`, each with the problem that must be found there.
pub fn fixtures(kind: &str) -> Result<Vec<(PathBuf, String)>> {
    let mut fixtures = Vec::new();
    for entry in fs::read_dir(fixture(kind))? {
        let folder = entry?.path();
        let expected = fs::read_to_string(folder.join("expected.txt"))?;
        fixtures.push((folder, expected.trim_end().to_owned()));
    }
    fixtures.sort();
    Ok(fixtures)
}

/// A file or folder in `fixtures/`.
pub fn fixture(name: &str) -> PathBuf {
    PROJECT.root.join("tests/fixtures").join(name)
}

/// The good book in a folder of its own, perhaps with other files over it.
pub struct Copy {
    pub project: Project,
    _folder: TempDir,
}

impl Copy {
    /// The book that keeps every rule.
    pub fn good() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        copy(&fixture("good"), folder.path())?;
        let project = Project::new(folder.path());
        quizzes::write_pages(&project)?;
        Ok(Self {
            project,
            _folder: folder,
        })
    }

    /// The book that breaks one.
    pub fn bad(overlay: &Path) -> Result<Self> {
        let this = Self::good()?;
        copy(overlay, &this.project.root)?;
        // The page of a changed ledger is fresh: that isn't the rule that is broken.
        if overlay.join(ledger::DATA).exists() {
            ledger::write_page(&this.project)?;
        }
        // So are the pages of its quizzes.
        if overlay.join(quizzes::DATA).exists() {
            quizzes::write_pages(&this.project)?;
        }
        Ok(this)
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in files(from)? {
        let to = to.join(&file);
        fs::create_dir_all(to.parent().expect("a folder"))?;
        fs::copy(from.join(&file), to)?;
    }
    Ok(())
}

/// Whether a check found one problem, and says it as expected.
///
/// # Errors
/// What was expected and what was found.
pub fn is_the_one(expected: &str, found: &[impl ToString]) -> Result<()> {
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    anyhow::ensure!(
        matches!(&found[..], [one] if one.starts_with(expected)),
        "expected one problem that begins with\n  {expected}\nand found {}:\n  {}",
        found.len(),
        found.join("\n  ")
    );
    Ok(())
}
