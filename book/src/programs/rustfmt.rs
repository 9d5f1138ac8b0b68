//! Formatting sources as the repository has them.

use std::env;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Formats sources by the `rustfmt.toml` that is nearest to each; says whether rustfmt is there.
///
/// # Errors
/// A source that can't be read as Rust: rustfmt has then printed where.
pub fn rustfmt(files: &[impl AsRef<Path>]) -> Result<bool> {
    if files.is_empty() {
        return Ok(true);
    }
    let files = files.iter().map(AsRef::as_ref);
    let mut command = Command::new(env::var_os("RUSTFMT").unwrap_or_else(|| "rustfmt".into()));
    command.args(["--edition", "2024"]).args(files);
    match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        // What rustup puts in the place of a component that isn't installed.
        Ok(output) if String::from_utf8_lossy(&output.stderr).contains("is not installed") => {
            Ok(false)
        }
        outcome => {
            let output = outcome.context("can't start rustfmt")?;
            ensure!(
                output.status.success(),
                "rustfmt can't read it:\n{}",
                String::from_utf8_lossy(&output.stderr).trim_end()
            );
            Ok(true)
        }
    }
}
