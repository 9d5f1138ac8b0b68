//! What the lab has as lists: TOML beside the code that reads it, and part of the program.

use std::sync::LazyLock;

use anyhow::{Context, Result, anyhow};
use serde::de::DeserializeOwned;

/// A list that is read when it is first asked for.
pub struct List<T>(LazyLock<Result<T, String>>);

impl<T> List<T> {
    pub const fn new(read: fn() -> Result<T, String>) -> Self {
        Self(LazyLock::new(read))
    }

    /// # Errors
    /// Names the file, the line and what was expected there.
    pub fn get(&self) -> Result<&T> {
        self.0.as_ref().map_err(|why| anyhow!(why.clone()))
    }
}

/// Reads the list of this name, and makes of it what is wanted.
///
/// # Errors
/// Names the file; and the line, where it is no list of this kind.
pub fn read<L: DeserializeOwned, T>(
    name: &str,
    text: &str,
    make: impl FnOnce(L) -> Result<T>,
) -> Result<T, String> {
    toml::from_str(text)
        .map_err(|error| anyhow!("{}", error.to_string().trim_end().to_owned()))
        .and_then(make)
        .with_context(|| format!("lab/src/{name}"))
        .map_err(|error| format!("{error:#}"))
}
