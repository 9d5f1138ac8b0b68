//! The pages in a browser: by keyboard, without scripts, and under their policy.
//!
//! The checks are in `tests/browser`. `.ci/run` runs all of them, and those of weight and speed too.

use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use book::pages;
use tests::PROJECT;

const CHECKS: [&str; 2] = ["console.test.mjs", "keyboard.test.mjs"];

fn main() -> ExitCode {
    let trial = tests::trial("the_pages_in_a_browser", check);
    tests::run_unless(tests::no_browser(), vec![trial])
}

fn check() -> Result<()> {
    let _turn = tests::turn()?;
    let root = &PROJECT.root;
    pages::render(&PROJECT, &root.join("target/book"), None)?;
    let folder = root.join("tests/browser");
    let status = Command::new("node")
        .arg("--test")
        .args(CHECKS.map(|file| folder.join(file)))
        .status()?;
    ensure!(status.success(), "see above");
    Ok(())
}
