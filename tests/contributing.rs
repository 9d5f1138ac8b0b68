//! The commands of CONTRIBUTING do what it says: run one after another in a copy of the checkout, they
//! make what the rules of the book allow.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use book::project::{read, write_if_changed};
use book::text::chapter::fences;
use tests::{one_at_a_time, trial};

fn main() -> ExitCode {
    let trials = vec![
        trial("its_commands_keep_the_rules", || run_all(How::Quick)),
        // Builds the tools a second time, for the place where the copy lies.
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the workspace")?;
    // Always the same, so that cargo knows again what it has built.
    let copy = root.join("target/contributor/copy");
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
        let target = match how {
            How::ToTheLetter => root.join("target"),
            How::Quick => root.join("target/contributor/target"),
        };
        let output = Command::new("sh")
            .args(["-c", &shell])
            .current_dir(&copy)
            .env("BOOK", &built)
            .env("CARGO_TARGET_DIR", target)
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
        a_check_sees_what_is_spoiled(&copy, &root.join("target"))?;
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
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--bin", "book"])
        .current_dir(root)
        .status()?;
    ensure!(built.success(), "the book's command doesn't build");
    // This program lies in `deps`, beside it.
    let this = env::current_exe()?;
    let folder = this
        .ancestors()
        .nth(2)
        .context("the folder of the profile")?;
    Ok(folder.join("book"))
}

/// Makes `copy` like the checkout, and leaves alone what is the same: cargo goes by the time of change.
fn copy_checkout(root: &Path, copy: &Path) -> Result<()> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .context("can't start git")?;
    ensure!(listed.status.success(), "git lists no files: {listed:?}");
    let listed = String::from_utf8(listed.stdout)?;
    let wanted: BTreeSet<PathBuf> = listed
        .split_terminator('\0')
        .map(PathBuf::from)
        .filter(|file| root.join(file).is_file())
        .collect();
    if copy.is_dir() {
        for left in files(copy)?.difference(&wanted) {
            fs::remove_file(copy.join(left))?;
        }
    }
    for file in &wanted {
        let (from, to) = (root.join(file), copy.join(file));
        match fs::read_to_string(&from) {
            Ok(text) => drop(write_if_changed(&to, &text)?),
            // A picture or a font.
            Err(_) if to.exists() => {}
            Err(_) => {
                fs::create_dir_all(to.parent().context("it lies in a folder")?)?;
                fs::copy(&from, &to)?;
            }
        }
    }
    Ok(())
}

/// All files below a folder, relative to it.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current)? {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder)?.to_owned());
            }
        }
    }
    Ok(found)
}
