//! Compiling and running a snippet by skeptic, in the edition of the book.

use std::any::Any;
use std::sync::Once;
use std::{env, fs, panic};

use anyhow::{Context, Result};
use book::project::Project;
use book::text::snippets::{self, PLACE};

/// What skeptic must start as the compiler.
const COMPILER: &str = concat!(env!("OUT_DIR"), "/rustc");

/// Has skeptic start our compiler, and work where programs may be run: in cargo's folder, for `/tmp`
/// may be mounted noexec.
pub extern "C" fn prepare() {
    // SAFETY: called before `main`, when there is one thread.
    unsafe {
        env::set_var("RUSTC", COMPILER);
        env::set_var("TMPDIR", env!("OUT_DIR"));
    }
}

/// What skeptic's generated tests call instead of `skeptic::rt::run_test`, whose arguments these are.
///
/// # Panics
/// When the snippet doesn't compile, doesn't exit with 0, or runs longer than 10 s: with the place
/// in the book, after what the compiler or the snippet printed. Without [`prepare`].
pub fn run(root: &str, out: &str, target: &str, text: &str) {
    assert_eq!(env::var("RUSTC").as_deref(), Ok(COMPILER));
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
    let (place, code) = text
        .split_once(PLACE)
        .and_then(|(_, snippet)| snippet.split_once('\n'))
        .expect("a line before each snippet says where it stands");
    let file = place.rsplit(", from ").next().unwrap_or(place);
    let file = file.split(':').next().unwrap_or(file);
    let limited = format!("{code}{}// {file}\n", include_str!("time_limit.rs"));
    let Err(failure) = panic::catch_unwind(|| skeptic::rt::run_test(root, out, target, &limited))
    else {
        return;
    };
    let what = match failed_command(&*failure) {
        Some(command) if command.contains(COMPILER) => "doesn't compile",
        Some(_) => "doesn't exit with 0",
        None => panic::resume_unwind(failure),
    };
    // Not by `panic!`, whose own report would follow.
    let report = format!("{place}: the snippet {what} (see above)");
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
pub fn failing(project: &Project) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let mut reports = Vec::new();
    for file in snippets::write(project, &folder.path().join("snippets"))? {
        let text = fs::read_to_string(file)?;
        let text = text.trim_end().trim_end_matches('`');
        let run = || {
            run(
                env!("CARGO_MANIFEST_DIR"),
                env!("OUT_DIR"),
                env!("TARGET"),
                text,
            )
        };
        if let Err(payload) = panic::catch_unwind(run) {
            reports.push(
                *payload
                    .downcast::<String>()
                    .ok()
                    .context("a panic without a text")?,
            );
        }
    }
    Ok(reports)
}
