//! Building the programs, by the reader's own cargo and compiler.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use cargo_metadata::Message;

use super::listing::{FOLDERS, Kind, Program};
use super::manifest::manifest;
use crate::project::Project;

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
            .arg(project.root.join(manifest(Path::new(folder))))
            .stderr(Stdio::inherit())
            .output()
            .context("can't start cargo")?;
        if !output.status.success() {
            bail!("the listings don't build: see cargo's message above");
        }
        found.extend(executables(&output.stdout[..])?);
    }
    Ok(found)
}

/// The cargo that runs us, or that a shell would find.
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// For a cargo whose words we read or hand on: no colours, even if the reader has asked for them.
pub const WITHOUT_COLOURS: (&str, &str) = ("CARGO_TERM_COLOR", "never");

/// `cargo build`, which prints what [`executables`] reads.
pub fn cargo_build() -> Command {
    let mut cargo = Command::new(cargo());
    cargo.args(["build", "--message-format=json-render-diagnostics"]);
    cargo
}

/// The executables that cargo says are built, by name.
///
/// # Errors
/// Those of reading.
pub fn executables(messages: impl BufRead) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    for message in Message::parse_stream(messages) {
        if let Message::CompilerArtifact(artifact) = message?
            && let Some(executable) = artifact.executable
        {
            found.insert(artifact.target.name, executable.into());
        }
    }
    Ok(found)
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
        let output = Command::new(rustc())
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

/// The compiler that cargo would use.
pub fn rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}
