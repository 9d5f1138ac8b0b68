//! The commands of CONTRIBUTING do what it says: run one after another in a copy of the checkout, they
//! make what the rules of the book allow.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use book::programs::{cargo_build, executables};
use book::project::read;
use book::text::chapter::fences;
use tests::checkout::{copy_checkout, files};
use tests::{PROJECT, one_at_a_time, trial};

fn main() -> ExitCode {
    let trials = vec![
        trial("its_commands_keep_the_rules", || run_all(How::Quick)),
        // Builds the tools too.
        trial("its_commands_keep_the_rules_to_the_letter", || {
            run_all(How::ToTheLetter)
        })
        .with_ignored_flag(true),
    ];
    // They work in the same copy.
    tests::run(&one_at_a_time(), trials)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// By the command that is built, and without what has to be built in the copy for a `check`.
    Quick,
    ToTheLetter,
}

fn run_all(how: How) -> Result<()> {
    let _turn = tests::turn()?;
    let root = &PROJECT.root;
    // Always the same, so that cargo knows again what it has built. In the target folder of the
    // checkout, cargo would take what is built here for what it builds there.
    let copy = root.join("target/contributor/copy");
    let target = root.join("target/contributor/target");
    copy_checkout(root, &copy)?;
    let commands = commands(&read(&root.join("CONTRIBUTING.md"))?);
    ensure!(
        commands
            .iter()
            .any(|command| command.starts_with("cargo run -- new chapter ")),
        "CONTRIBUTING makes no chapter: {commands:?}"
    );
    let built = built_command(root)?;
    for command in commands
        .iter()
        .map(String::as_str)
        .chain(["cargo run -- check"])
    {
        let shell = match how {
            How::ToTheLetter => command.to_owned(),
            How::Quick if command.starts_with("cargo run -- check ") => continue,
            How::Quick => format!("cargo() {{ shift 2; \"$BOOK\" \"$@\"; }}\n{command}"),
        };
        let output = Command::new("sh")
            .args(["-c", &shell])
            .current_dir(&copy)
            .env("BOOK", &built)
            .env("CARGO_TARGET_DIR", &target)
            .output()?;
        ensure!(
            output.status.success(),
            "CONTRIBUTING says `{command}`, and in a copy of the checkout it fails:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let sources = files(&copy)?.into_iter().filter(|file| {
        !root.join(file).exists() && file.extension().is_some_and(|ending| ending == "rs")
    });
    let formatted = Command::new("rustfmt")
        .args(["--edition", "2024", "--check"])
        .args(sources)
        .current_dir(&copy)
        .output()?;
    ensure!(
        formatted.status.success(),
        "what is new isn't formatted:\n{}",
        String::from_utf8_lossy(&formatted.stdout)
    );
    if how == How::ToTheLetter {
        a_check_sees_what_is_spoiled(&copy, &target)?;
    }
    Ok(())
}

/// Whether a check of the new chapter finds a fault of each kind, by its place.
fn a_check_sees_what_is_spoiled(copy: &Path, target: &Path) -> Result<()> {
    let spoil = |file: &str, old: &str, new: &str| -> Result<()> {
        let file = copy.join(file);
        let text = read(&file)?;
        ensure!(text.contains(old), "{} has no \"{old}\"", file.display());
        Ok(fs::write(&file, text.replacen(old, new, 1))?)
    };
    spoil(
        "src/rivers.md",
        "assert_eq!(dough, 500",
        "assert_eq!(dough, 600",
    )?;
    spoil("src/rivers.md", "## Why", "It takes 5 ms.\n\n## Why")?;
    spoil("quizzes/rivers.toml", "wrong = ", "right = ")?;
    spoil("listings/outputs/rivers-flow-down.txt", "500", "600")?;
    spoil(
        "exercises/src/solutions/rivers.rs",
        "flour + water",
        "flour",
    )?;
    spoil("src/figures/rivers.svg", "<desc", "<g")?;
    let output = Command::new(env!("CARGO"))
        .args(["run", "--", "check", "rivers"])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", target)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    for expected in [
        "\nsrc/rivers.md:5: the snippet doesn't exit with 0",
        "\nsrc/rivers.md:16: \"5 ms\" is typed",
        "\nquizzes/rivers.toml:1: this question has 2 right answers",
        "\nlistings/outputs/rivers-flow-down.txt:1: this is not what comes out now",
        "\nexercises/src/solutions/rivers.rs:1: this solution fails its test",
        "\nsrc/figures/rivers.svg:1: the figure has no description",
    ] {
        ensure!(said.contains(expected), "no \"{expected}\" in:\n{said}");
    }
    Ok(())
}

/// The commands of the book's command that a contributor is told to run, one after another; but for
/// those that serve the book or fetch something.
fn commands(contributing: &str) -> Vec<String> {
    fences(contributing)
        .into_iter()
        .filter(|fence| fence.info == "console")
        .flat_map(|fence| fence.body.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| Some(line.strip_prefix("$ ")?.to_owned()))
        .filter(|command| command.starts_with("cargo run -- ") && !command.ends_with(" vm"))
        .collect()
}

/// The `book` command, built from the sources that are there.
fn built_command(root: &Path) -> Result<PathBuf> {
    let built = cargo_build()
        .args(["--quiet", "--package", "book"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()?;
    executables(&built.stdout[..])?
        .remove("book")
        .context("the book's command doesn't build")
}
