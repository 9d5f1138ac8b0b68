//! The book works where people have it: in a clone by Git for Windows, below a path with a space and an
//! umlaut, within another workspace, with variables that set cargo up otherwise, and where files can't
//! be written or run.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use tests::checkout::copy_checkout;
use tests::{PROJECT, one_at_a_time, trial};

/// What a shell does before each of [`COMMANDS`], in a copy of the checkout. What mounts something is
/// alone in seeing it. What is built for another target folder or by other flags goes to `$ELSEWHERE`,
/// all anew.
const SURROUNDINGS: [(&str, &str); 14] = [
    ("nothing_set", ""),
    ("rust_backtrace", "export RUST_BACKTRACE=1"),
    ("lang_c", "export LANG=C LC_ALL=C"),
    ("no_color", "export NO_COLOR=1"),
    ("cargo_term_color", "export CARGO_TERM_COLOR=always"),
    ("umask_077", "umask 077"),
    (
        "home_unset",
        "export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
        unset HOME",
    ),
    (
        "temporary_files_on_noexec",
        "mount -t tmpfs -o noexec none /mnt && export TMPDIR=/mnt",
    ),
    (
        "read_only_sources",
        "mount --bind . . && cd . && mount -o remount,bind,ro .",
    ),
    (
        "cargo_build_build_dir",
        "unset CARGO_TARGET_DIR
        export CARGO_BUILD_BUILD_DIR=$ELSEWHERE",
    ),
    (
        "target_dir_in_a_config_above",
        "unset CARGO_TARGET_DIR
        mkdir -p ../.cargo && trap 'rm ../.cargo/config.toml' EXIT
        printf '[build]\ntarget-dir = \"%s\"\n' \"$ELSEWHERE\" >../.cargo/config.toml",
    ),
    (
        "cargo_build_target",
        "export CARGO_TARGET_DIR=$ELSEWHERE
        export CARGO_BUILD_TARGET=$(rustc -vV | sed -n 's/^host: //p')",
    ),
    (
        "rustflags",
        "export CARGO_TARGET_DIR=$ELSEWHERE RUSTFLAGS='--cfg elsewhere'",
    ),
    (
        "rustc_wrapper",
        "export CARGO_TARGET_DIR=$ELSEWHERE RUSTC_WRAPPER=env",
    ),
];

/// What README and CONTRIBUTING tell a reader to run, on one chapter and one listing; and what it then
/// prints, among other things.
const COMMANDS: [(&str, &str); 6] = [
    ("cargo run --bin fork-vs-spawn", "once the thread is done"),
    (
        "cargo run -- check memory-space",
        "Nothing is wrong with src/memory-space.md, ",
    ),
    (
        "cargo run -- record fork-vs-spawn",
        "1 recorded, 0 changed.",
    ),
    ("cargo run -- check", "Nothing is wrong, "),
    ("cargo run -- build --dest \"$BUILT\"", "The book lies in "),
    ("cargo test --test listings fork-vs-spawn", "1 passed"),
];

fn main() -> ExitCode {
    let mut trials = vec![trial("a_clone_has_lf_whatever_git_is_set_to", clone)];
    let may_mount = may_mount();
    for (name, setting) in SURROUNDINGS {
        if mounts(setting) && !may_mount {
            eprintln!("Skipped: {name}: Not here: no mount namespace is allowed");
        } else {
            // Together they take minutes.
            let works = trial(name, || works(setting));
            trials.push(works.with_ignored_flag(true));
        }
    }
    // They work in the same copy.
    tests::run(&one_at_a_time(), trials)
}

/// In a clone by a git that makes CR LF of LF, as Git for Windows does, each file is as it is committed.
fn clone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        said(git.current_dir(folder.path()).args(arguments))
    };
    let root = PROJECT.root.display().to_string();
    git(&[
        "-c",
        "core.autocrlf=true",
        "clone",
        "--quiet",
        "--depth=1",
        &format!("file://{root}"),
        "clone",
    ])?;
    let files = git(&["-C", "clone", "ls-files", "--eol"])?;
    let changed: Vec<_> = files
        .lines()
        .filter(|line| line.starts_with("i/lf ") && !line.contains(" w/lf "))
        .collect();
    ensure!(
        changed.is_empty(),
        "let .gitattributes say what ends each line of:\n{}",
        changed.join("\n")
    );
    Ok(())
}

fn works(setting: &str) -> Result<()> {
    let _turn = tests::turn()?;
    let ours = PROJECT.root.join("target/surroundings");
    // In another workspace, which has no part in it.
    let place = ours.join("eine Küche");
    copy_checkout(&PROJECT.root, &place.join("book"))?;
    fs::write(place.join("Cargo.toml"), "[workspace]\nmembers = []\n")?;
    let built = tempfile::tempdir()?;
    for (command, expected) in COMMANDS {
        let mut shell = shell(setting);
        shell
            .arg(format!("set -eu\n{setting}\n{command}"))
            .current_dir(place.join("book"))
            // In that of the checkout, cargo would take what is built here for what it builds there.
            .env("CARGO_TARGET_DIR", ours.join("target"))
            .env("ELSEWHERE", ours.join("elsewhere"))
            .env("BUILT", built.path().join("book"));
        let said = said(&mut shell)?;
        ensure!(
            said.contains(expected) && !said.contains('\x1b'),
            "`{command}` prints something else than \"{expected}\", or colours:\n{said}"
        );
    }
    Ok(())
}

/// What a command prints.
///
/// # Errors
/// If it fails: with all that it says.
fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(
        output.status.success(),
        "{command:?} fails:\n{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    Ok(text(&output.stdout))
}

fn mounts(setting: &str) -> bool {
    setting.starts_with("mount ")
}

fn may_mount() -> bool {
    said(shell("mount ").arg("mount --bind . .")).is_ok()
}

/// A shell that takes a command, in a mount namespace of its own if it is to mount something.
fn shell(setting: &str) -> Command {
    let mut shell = Command::new(if mounts(setting) { "unshare" } else { "sh" });
    if mounts(setting) {
        shell.args(["--map-root-user", "--mount", "sh"]);
    }
    shell.arg("-c");
    shell
}
