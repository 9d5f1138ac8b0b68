//! What several of the proofs use: running snippets, the tiny books of `fixtures/`, names that must hit
//! a test, and whether there is a browser.

mod names;

pub mod apart;
pub mod checkout;
pub mod mutation;
pub mod refusal;

use std::any::Any;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::{env, fs, panic};

use anyhow::{Context, Result};
use book::project::Project;
use book::text::snippets::{self, PLACE};
use book::text::{ledger, quizzes};
use nix::fcntl::{Flock, FlockArg};
use tempfile::TempDir;

pub use names::{a_name_must_hit, names_must_hit, run};

/// Waits until no other run of the tests works below `target/` in a folder that always has the same
/// name, and has the next one wait until the turn is dropped.
///
/// # Errors
/// A folder that can't be made or written.
pub fn turn() -> Result<Flock<File>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join("tests.lock"))?;
    Flock::lock(file, FlockArg::LockExclusive)
        .map_err(|(_, error)| error)
        .context("can't wait for other runs of the tests")
}

/// Why nothing can be checked in a browser, if so.
pub fn no_browser() -> Option<&'static str> {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/node_modules");
    let chromium = env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    if !Path::new(&chromium).is_file() {
        Some("there is no Chromium")
    } else if !modules.is_dir() {
        Some("`npm ci --prefix tests/browser` hasn't been run")
    } else {
        None
    }
}

/// Compiles and runs a snippet by skeptic: what its generated tests call instead of
/// `skeptic::rt::run_test`, whose arguments these are.
///
/// # Panics
/// When the snippet doesn't compile, doesn't exit with 0, or runs longer than 10 s: with the place
/// in the book, after what the compiler or the snippet printed.
pub fn run_snippet(root: &str, out: &str, target: &str, text: &str) {
    // Skeptic reports a failure by its whole command, of 15 kB, which we leave out.
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if failed_command(info.payload()).is_none() {
                report(info);
            }
        }));
    });
    // Without skeptic's empty first line, the compiler's line numbers are those of the source.
    let text = text.strip_prefix('\n').unwrap_or(text);
    let place = text
        .lines()
        .find_map(|line| line.strip_prefix(PLACE))
        .expect("each snippet's last line says where it stands");
    let limited = format!("{text}{}", include_str!("time_limit.rs"));
    let Err(failure) = panic::catch_unwind(|| skeptic::rt::run_test(root, out, target, &limited))
    else {
        return;
    };
    let source = place.rsplit(", from ").next().unwrap_or(place);
    let source = source.split(':').next().unwrap_or(source);
    let what = match failed_command(&*failure) {
        Some(command) if command.contains("/test.rs\"") => "doesn't compile",
        Some(_) => "doesn't exit with 0",
        None => panic::resume_unwind(failure),
    };
    // Not by `panic!`, whose own report would follow.
    let report =
        format!("{place}: the snippet {what} (see above; line N of test.rs is line N of {source})");
    eprintln!("{report}");
    panic::resume_unwind(Box::new(report))
}

/// The command that failed, from skeptic's message of it.
fn failed_command(payload: &(dyn Any + Send)) -> Option<&str> {
    payload
        .downcast_ref::<String>()?
        .strip_prefix("Command failed:\n")
}

/// The reports of the snippets of a book that don't compile or don't run.
pub fn failing_snippets(project: &Project) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let mut reports = Vec::new();
    for file in snippets::write(project, &folder.path().join("snippets"))? {
        let text = fs::read_to_string(file)?;
        // As skeptic has it: an empty line, then what stands between the two lines of the fence.
        let mut code = String::from("\n");
        for line in text
            .trim()
            .lines()
            .skip(1)
            .filter(|line| !line.starts_with("````"))
        {
            code += line;
            code.push('\n');
        }
        let outcome = panic::catch_unwind(|| {
            run_snippet(
                env!("CARGO_MANIFEST_DIR"),
                env!("OUT_DIR"),
                env!("TARGET"),
                &code,
            );
        });
        reports.extend(
            outcome
                .err()
                .map(|payload| match payload.downcast::<String>() {
                    Ok(report) => *report,
                    Err(_) => "a panic without a text".to_owned(),
                }),
        );
    }
    Ok(reports)
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

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
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
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Whether a check found one problem, and says it as expected.
///
/// # Errors
/// What was expected and what was found.
pub fn is_the_one(expected: &str, found: &[String]) -> Result<()> {
    anyhow::ensure!(
        matches!(found, [one] if one.starts_with(expected)),
        "expected one problem that begins with\n  {expected}\nand found {}:\n  {}",
        found.len(),
        found.join("\n  ")
    );
    Ok(())
}
