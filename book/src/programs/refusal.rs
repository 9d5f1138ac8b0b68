//! What the compiler says of the programs that must not compile.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use regex::Regex;

use super::build::{rustc, toolchain};
use super::listing::{Program, codes};
use crate::project::Project;

/// What the compiler said of a program that must not compile.
pub struct Refusal {
    /// As rustc prints it to a pipe.
    pub message: String,
    /// The codes of its errors.
    pub codes: BTreeSet<String>,
    /// How many of its errors have no code, as a syntax error has none.
    pub without_code: usize,
}

/// Has rustc refuse a program, as the command under it in its chapter does.
///
/// # Errors
/// When rustc can't be started.
pub fn refuse(project: &Project, program: &Program) -> Result<Refusal> {
    let out = tempfile::tempdir().context("can't make a temporary directory")?;
    let output = Command::new(rustc())
        .args(["--edition", "2024"])
        .arg(&program.file)
        .arg("--out-dir")
        .arg(out.path())
        .current_dir(&project.root)
        .output()
        .context("can't start rustc")?;
    let message = portable(&String::from_utf8_lossy(&output.stderr));
    let errors: Vec<&str> = message
        .lines()
        .filter(|line| line.starts_with("error") && !line.starts_with("error: aborting due to"))
        .collect();
    Ok(Refusal {
        codes: errors
            .iter()
            .filter(|line| line.starts_with("error["))
            .flat_map(|line| codes(line))
            .collect(),
        without_code: errors
            .iter()
            .filter(|line| line.starts_with("error:"))
            .count(),
        message,
    })
}

/// A compiler's message as it is where the standard library's sources aren't installed.
///
/// Where they are (rustup's component rust-src), rustc names them by their path on this machine
/// and quotes them.
fn portable(message: &str) -> String {
    static PLACE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(\s*(?:-->|:::) )\S*/lib/rustlib/src/rust/(library/.*)$").expect("a constant")
    });
    static QUOTED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^(?:\s*\d*\s*\||\.\.\.$)").expect("a constant"));
    let mut quoting = false;
    let mut lines = Vec::new();
    for line in message.lines() {
        if let Some(place) = PLACE.captures(line) {
            quoting = true;
            lines.push(format!(
                "{}/rustc/{}/{}",
                &place[1],
                toolchain().commit,
                &place[2]
            ));
        } else if !(quoting && QUOTED.is_match(line)) {
            quoting = false;
            lines.push(line.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_the_same_where_the_sources_of_std_are_installed() {
        let with_sources = "\
note: required by a bound in `spawn`
   --> /home/me/.rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/thread/mod.rs:723:8
    |
719 | pub fn spawn<F, T>(f: F) -> JoinHandle<T>
    |        ----- required by a bound in this function
...
723 |     F: Send + 'static,
    |        ^^^^ required by this bound in `spawn`
help: a hint
    |
 12 |     mine
";
        let without = format!(
            "\
note: required by a bound in `spawn`
   --> /rustc/{}/library/std/src/thread/mod.rs:723:8
help: a hint
    |
 12 |     mine
",
            toolchain().commit
        );
        assert_eq!(portable(with_sources), without);
        assert_eq!(portable(&without), without);
    }
}
