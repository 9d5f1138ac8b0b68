//! Has skeptic make a test of each Rust fence of the book, of README and of CONTRIBUTING.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use book::project::Project;
use book::text::snippets;

fn main() -> ExitCode {
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Cargo shows this as the script's standard error.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn generate() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the workspace")?;
    for path in [
        "book.toml",
        "src",
        "listings",
        "README.md",
        "CONTRIBUTING.md",
        "notes.md",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    println!("cargo::rustc-env=TARGET={}", env::var("TARGET")?);

    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    let files = snippets::write(&Project::new(root), &out.join("snippets"))?;
    skeptic::generate_doc_tests(&files);

    // Skeptic's tests call its runtime; ours call it too, and report its failures by our places.
    let theirs = fs::read_to_string(out.join("skeptic-tests.rs"))
        .context("skeptic made no tests: has the book no Rust fence?")?;
    let ours = theirs
        .replace("extern crate skeptic;\n", "")
        .replace("skeptic::rt::run_test(", "tests::run_snippet(");
    ensure!(
        ours.matches("tests::run_snippet(").count() == files.len(),
        "skeptic made no test of one of the {} snippets",
        files.len()
    );
    fs::write(out.join("snippets.rs"), ours)?;
    Ok(())
}
