//! Compiling and running a snippet by skeptic, in the edition of the book.

use std::any::Any;
use std::{env, panic};

use anyhow::Result;
use book::project::{Project, read};
use book::text::snippets::{self, PLACE};

use crate::PROJECT;

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
    // Skeptic reports a failure by its whole command, of 15 kB, which we leave out.
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if failed_command(info.payload()).is_none() {
            report(info);
        }
    }));
}

/// What skeptic's generated tests call instead of `skeptic::rt::run_test`, whose arguments these are.
///
/// # Panics
/// When the snippet fails: with the report of [`attempt`], after what the compiler or the snippet
/// printed.
pub fn run(root: &str, out: &str, target: &str, text: &str) {
    if let Err(report) = attempt(root, out, target, text) {
        eprintln!("{report}");
        // Not by `panic!`, whose own report would follow.
        panic::resume_unwind(Box::new(report))
    }
}

/// Compiles and runs a snippet. It may fail to compile, not exit with 0, or run longer than 10 s: then
/// this says which, and at what place in the book.
fn attempt(root: &str, out: &str, target: &str, text: &str) -> Result<(), String> {
    let compiler = env::var("RUSTC");
    assert_eq!(compiler.as_deref(), Ok(COMPILER), "`prepare` comes first");
    let (place, code) = text
        .split_once(PLACE)
        .and_then(|(_, snippet)| snippet.split_once('\n'))
        .expect("a line before each snippet says where it stands");
    let file = place.rsplit(", from ").next().unwrap_or(place);
    let file = file.split(':').next().unwrap_or(file);
    let limited = format!("{code}{}// {file}\n", include_str!("time_limit.rs"));
    let Err(failure) = panic::catch_unwind(|| skeptic::rt::run_test(root, out, target, &limited))
    else {
        return Ok(());
    };
    let what = match failed_command(&*failure) {
        Some(command) if command.contains(COMPILER) => "doesn't compile",
        Some(_) => "doesn't exit with 0",
        None => panic::resume_unwind(failure),
    };
    Err(format!("{place}: the snippet {what} (see above)"))
}

/// The command that failed, from skeptic's message of it.
fn failed_command(payload: &(dyn Any + Send)) -> Option<&str> {
    payload
        .downcast_ref::<String>()?
        .strip_prefix("Command failed:\n")
}

/// The reports of the snippets of a book that fail.
pub fn failing(project: &Project) -> Result<Vec<String>> {
    let root = PROJECT.root.join("tests").display().to_string();
    let folder = tempfile::tempdir()?;
    let mut reports = Vec::new();
    for file in snippets::write(project, &folder.path().join("snippets"))? {
        let text = read(&file)?;
        let text = text.trim_end().trim_end_matches('`');
        reports.extend(attempt(&root, env!("OUT_DIR"), env!("TARGET"), text).err());
    }
    Ok(reports)
}
