//! What files of the kernel's say.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result};

/// # Errors
/// A file that can't be read, with its name.
pub fn read(file: &str) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("can't read {file}"))
}

/// The only value in a file. None where there is no such file, or none that says it.
pub fn value<T: FromStr>(file: impl AsRef<Path>) -> Option<T> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// The value of the first line `name : value`.
pub fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim())
    })
}

/// The bytes of the line `name:   17 kB`.
pub fn bytes(text: &str, name: &str) -> Option<u64> {
    let kib: u64 = field(text, name)?.strip_suffix(" kB")?.parse().ok()?;
    Some(kib << 10)
}
