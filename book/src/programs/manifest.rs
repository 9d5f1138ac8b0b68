//! The list of the listings in their package's manifest.
//!
//! Cargo finds a listing without it; but only a program that is listed with `test = false` isn't
//! built and run as a test by `cargo test`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::listing::{FOLDERS, files};
use crate::made::Made;
use crate::project::{Project, names};

const BEGIN: &str = "\nbin = [";
const END: &str = "\n]\n";

/// The manifest with each listing in its list; nothing of one that has no list.
///
/// # Errors
/// A manifest that can't be read.
pub fn made(project: &Project) -> Result<Option<Made>> {
    let (folder, _) = FOLDERS[0];
    let file = manifest(Path::new(folder));
    if !project.has(&file) {
        return Ok(None);
    }
    let text = project.read(&file)?;
    let Some((before, rest)) = text.split_once(BEGIN) else {
        return Ok(None);
    };
    let names = names(&project.root.join(folder), "rs")?;
    let lines = names
        .iter()
        .map(|name| format!("\n    {{ name = \"{name}\", test = false }},"));
    let text = rest
        .split_once(END)
        .map(|(_, after)| {
            let lines = String::from_iter(lines);
            format!("{before}{BEGIN}{lines}{END}{after}")
        })
        .context("its list of programs has no end: a line `]`");
    Ok(Some(Made {
        file,
        from: folder.into(),
        text,
    }))
}

/// The manifest of the package to which a listing of this name belongs.
pub fn manifest_of(project: &Project, name: &str) -> PathBuf {
    let files = files(name);
    let file = files.iter().find(|file| project.has(file));
    let folder = file.unwrap_or(&files[0]).parent().expect("it lies in one");
    project.root.join(manifest(folder))
}

/// That of the package of a folder of programs, `PACKAGE/src/bin`.
pub(super) fn manifest(folder: &Path) -> PathBuf {
    let package = folder.ancestors().nth(2).expect("it lies in a package");
    package.join("Cargo.toml")
}
