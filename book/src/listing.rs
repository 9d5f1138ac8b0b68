//! The programs of the book: those that run and those that must not compile.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use regex::Regex;
use serde::Deserialize;

use crate::normalise::Order;
use crate::project::{Project, names, read};

/// A program of the book.
pub struct Program {
    pub name: String,
    pub kind: Kind,
    pub source: String,
    /// Relative to the root of the checkout.
    pub file: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One that runs.
    Listing,
    /// One that must not compile.
    Fail,
}

/// The folders of the programs. The first is where a new listing goes.
const FOLDERS: [(&str, Kind); 3] = [
    ("listings/src/bin", Kind::Listing),
    // Apart, so that the others stay quick to build.
    ("listings/with-tokio/src/bin", Kind::Listing),
    ("listings/fails", Kind::Fail),
];

impl Program {
    /// All programs, folder by folder, each by name.
    pub fn all(project: &Project) -> Result<Vec<Self>> {
        let mut programs = Vec::new();
        for (folder, kind) in FOLDERS {
            for name in names(&project.root.join(folder), "rs")? {
                let file = file(folder, &name);
                programs.push(Self {
                    source: read(&project.root.join(&file))?,
                    name,
                    kind,
                    file,
                });
            }
        }
        Ok(programs)
    }

    /// The file of its recorded output, relative to the root of the checkout.
    pub fn output(&self) -> PathBuf {
        Path::new(OUTPUTS).join(format!("{}.txt", self.name))
    }

    /// The command that stands under it in its chapter.
    pub fn command(&self) -> String {
        match self.kind {
            Kind::Listing => format!("$ cargo run --bin {}", self.name),
            Kind::Fail => format!("$ rustc --edition 2024 {}", self.file.display()),
        }
    }

    /// Whether it says that the order of its lines is free.
    pub fn order(&self) -> Order {
        if self.source.lines().any(|line| line == ANY_ORDER) {
            Order::Free
        } else {
            Order::Kept
        }
    }

    /// Why it can't run in the machine of the pages, if it says so.
    pub fn not_in_the_page(&self) -> Option<&str> {
        self.source
            .lines()
            .find_map(|line| line.strip_prefix("//! Not in the page: "))
            .map(|reason| reason.trim_end_matches('.'))
    }

    /// The error codes that it says it must give, as in `//! Must not compile: E0277.`
    pub fn stated_codes(&self) -> BTreeSet<String> {
        self.source
            .lines()
            .filter_map(|line| line.strip_prefix("//! Must not compile: "))
            .flat_map(codes)
            .collect()
    }
}

/// Where the recorded outputs lie.
pub const OUTPUTS: &str = "listings/outputs";

/// The line by which a listing says that its lines may come in any order.
pub(crate) const ANY_ORDER: &str = "//! Its lines may come in any order.";

/// The files that a program of this name may have; the first is that of a new listing.
pub fn files(name: &str) -> [PathBuf; 3] {
    FOLDERS.map(|(folder, _)| file(folder, name))
}

fn file(folder: &str, name: &str) -> PathBuf {
    Path::new(folder).join(format!("{name}.rs"))
}

fn codes(text: &str) -> Vec<String> {
    static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bE\d{4}\b").expect("a constant"));
    CODE.find_iter(text)
        .map(|code| code.as_str().to_owned())
        .collect()
}

/// Whether there is a listing of this name: a program that runs.
pub fn exists(project: &Project, name: &str) -> Result<bool> {
    for (folder, kind) in FOLDERS {
        let names = names(&project.root.join(folder), "rs")?;
        if kind == Kind::Listing && names.iter().any(|found| found == name) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Builds all listings as `cargo run --bin NAME` does; gives each one's executable by its name.
///
/// # Errors
/// When one doesn't compile: cargo has then printed why.
pub fn build(project: &Project) -> Result<BTreeMap<String, PathBuf>> {
    build_only(project, &Program::all(project)?)
}

/// The same, of those among `programs` that run, and of no other.
///
/// # Errors
/// Those of [`build`].
pub fn build_only(project: &Project, programs: &[Program]) -> Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    for (folder, kind) in FOLDERS {
        let bins: Vec<_> = programs
            .iter()
            .filter(|program| kind == Kind::Listing && program.file.starts_with(folder))
            .flat_map(|program| ["--bin", &program.name])
            .collect();
        if bins.is_empty() {
            continue;
        }
        let output = cargo_build()
            .args(bins)
            // A bar on a terminal, and elsewhere nothing but errors.
            .args((!io::stderr().is_terminal()).then_some("--quiet"))
            .arg("--manifest-path")
            .arg(project.root.join(folder).join("../../Cargo.toml"))
            .stderr(Stdio::inherit())
            .output()
            .context("can't start cargo")?;
        if !output.status.success() {
            bail!("the listings don't build: see cargo's message above");
        }
        found.extend(executables(&String::from_utf8_lossy(&output.stdout)));
    }
    Ok(found)
}

/// `cargo build`, which prints what [`executables`] reads.
pub(crate) fn cargo_build() -> Command {
    let mut cargo = Command::new(env_or("CARGO", "cargo"));
    cargo.args(["build", "--message-format=json-render-diagnostics"]);
    cargo
}

/// The executables that cargo says are built, by name.
pub(crate) fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    /// The part that we need of what cargo prints (The Cargo Book, "External tools").
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
        target: Option<Target>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }

    messages
        .lines()
        .filter_map(|line| match serde_json::from_str(line) {
            Ok(Message {
                executable: Some(executable),
                target: Some(Target { name }),
            }) => Some((name, executable)),
            _ => None,
        })
        .collect()
}

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
    let output = Command::new(env_or("RUSTC", "rustc"))
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

/// The compiler that is at work here.
pub struct Toolchain {
    /// `1.95.0`
    pub release: String,
    pub commit: String,
    /// `x86_64-unknown-linux-gnu`
    pub host: String,
}

/// The compiler that cargo would use, asked once.
pub fn toolchain() -> &'static Toolchain {
    static TOOLCHAIN: LazyLock<Toolchain> = LazyLock::new(|| {
        let output = Command::new(env_or("RUSTC", "rustc"))
            .arg("-vV")
            .output()
            .expect("rustc is there: it compiled this");
        let text = String::from_utf8_lossy(&output.stdout);
        let field = |name| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_default()
                .to_owned()
        };
        Toolchain {
            release: field("release: "),
            commit: field("commit-hash: "),
            host: field("host: "),
        }
    });
    &TOOLCHAIN
}

pub(crate) fn env_or(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
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

    #[test]
    fn codes_are_read_where_they_are_stated_and_nowhere_else() {
        let source = "//! Not E0001.\n//!\n//! Must not compile: E0277, E0373.\n\n// E0002\n";
        let program = Program {
            name: "a".to_owned(),
            kind: Kind::Fail,
            source: source.to_owned(),
            file: "listings/fails/a.rs".into(),
        };
        assert_eq!(Vec::from_iter(program.stated_codes()), ["E0277", "E0373"]);
    }
}
