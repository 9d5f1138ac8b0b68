//! The pages in a browser: by keyboard, without scripts, and under their policy.
//!
//! The checks are in `tests/browser`. `.ci/run` runs all of them, and those of weight and speed too.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use book::pages;
use book::project::Project;

const CHECKS: [&str; 2] = ["console.test.mjs", "keyboard.test.mjs"];

fn main() -> ExitCode {
    let trial = tests::trial("the_pages_in_a_browser", check);
    tests::run_unless(tests::no_browser(), vec![trial])
}

fn check() -> Result<()> {
    let _turn = tests::turn()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let root = folder.ancestors().nth(2).expect("the workspace");
    pages::render(&Project::new(root), &root.join("target/book"), None)?;
    let status = Command::new("node")
        .arg("--test")
        .args(CHECKS.map(|file| folder.join(file)))
        .status()?;
    ensure!(status.success(), "see above");
    Ok(())
}
