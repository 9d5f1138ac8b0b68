//! Each listing does what was recorded and leaves nothing behind; each program that must not
//! compile fails as it states. One test each, named after the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

use book::listing;
use book::problem::{Problem, Problems};
use book::project::{Project, names};
use book::record::{check_fail, check_listing};
use libtest_mimic::{Arguments, Failed, Trial};

static PROJECT: LazyLock<Project> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Project::new(root.expect("the workspace"))
});

static EXECUTABLES: LazyLock<Result<BTreeMap<String, PathBuf>, String>> =
    LazyLock::new(|| listing::build(&PROJECT).map_err(|error| format!("{error:#}")));

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A run takes whatever is orphaned meanwhile for its own: no test may run beside it.
    arguments.test_threads = Some(1);
    let mut trials = Vec::new();
    for name in names(&PROJECT.listings(), "rs").expect("listings/src/bin can be read") {
        trials.push(Trial::test(name.clone(), move || listing_test(&name)));
    }
    for name in names(&PROJECT.fails(), "rs").expect("listings/fails can be read") {
        trials.push(Trial::test(name.clone(), move || fail_test(&name)).with_kind("fails"));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn listing_test(name: &str) -> Result<(), Failed> {
    let executables = EXECUTABLES.as_ref()?;
    let executable = executables.get(name).ok_or("cargo built no such program")?;
    verdict(check_listing(&PROJECT, name, executable)?)
}

fn fail_test(name: &str) -> Result<(), Failed> {
    let (problems, message_compared) = check_fail(&PROJECT, name)?;
    if !message_compared && problems.is_empty() {
        eprintln!(
            "{name}: recorded with another compiler than this (Rust {}): only its error codes \
             were compared",
            listing::toolchain().release
        );
    }
    verdict(problems)
}

fn verdict(problems: Vec<Problem>) -> Result<(), Failed> {
    Ok(Problems::check(problems)?)
}
