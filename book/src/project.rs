//! Where things lie in a checkout.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

/// A checkout of the book: the folder that holds `book.toml`.
#[derive(Clone, Debug)]
pub struct Project {
    pub root: PathBuf,
}

impl Project {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The checkout that the current directory lies in.
    ///
    /// # Errors
    /// Says what to do when there is no `book.toml` here or in a folder above.
    pub fn find() -> Result<Self> {
        let here = env::current_dir().context("the current directory is gone")?;
        match here.ancestors().find(|dir| dir.join("book.toml").is_file()) {
            Some(root) => Ok(Self::new(root)),
            None => bail!(
                "there is no book.toml in {} or above it: run this inside a checkout of the book",
                here.display()
            ),
        }
    }

    /// The chapters: Markdown, and `SUMMARY.md`.
    pub fn src(&self) -> PathBuf {
        self.root.join("src")
    }

    /// The text of a file that is named from the root.
    pub fn read(&self, file: impl AsRef<Path>) -> Result<String> {
        read(&self.root.join(file))
    }

    /// Whether there is a file that is named from the root.
    pub fn has(&self, file: impl AsRef<Path>) -> bool {
        self.root.join(file).is_file()
    }

    /// The files in a folder that end in `.extension`, sorted; both named from the root.
    ///
    /// A folder that doesn't exist holds none.
    pub fn list(&self, folder: &str, extension: &str) -> Result<Vec<PathBuf>> {
        let names = names(&self.root.join(folder), extension)?.into_iter();
        Ok(names
            .map(|name| Path::new(folder).join(format!("{name}.{extension}")))
            .collect())
    }

    /// `path` as the reader of the repository names it.
    pub fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }
}

/// The names, without ending and sorted, of the files in `dir` that end in `.extension`.
///
/// A folder that doesn't exist holds none.
pub fn names(dir: &Path, extension: &str) -> Result<Vec<String>> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("can't list {}", dir.display()))? {
        let path = entry?.path();
        if has_extension(&path, extension)
            && let Some(stem) = path.file_stem()
        {
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// All files below `folder`, relative to it.
///
/// # Errors
/// A folder that can't be listed: says which.
pub fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in WalkDir::new(folder).follow_links(true) {
        let entry = entry?;
        if !entry.path().is_dir() {
            let file = entry.path().strip_prefix(folder).expect("found below it");
            files.insert(file.to_owned());
        }
    }
    Ok(files)
}

/// Whether a file's name ends in `.extension`.
pub fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|found| found == extension)
}

/// The text of a file; an error names the file.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}

/// Writes `text` to a file unless it holds just that; says whether it did.
///
/// Leaving an unchanged file alone keeps watchers and cargo from starting anew.
pub fn write_if_changed(path: &Path, text: &str) -> Result<bool> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).with_context(|| format!("can't make {}", dir.display()))?;
    }
    fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?;
    Ok(true)
}

/// Bytes in hexadecimal, as `sha256sum` prints them.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    let digits = bytes.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

/// A relative path with each `..` and what it takes back left out.
pub fn without_parents(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(found.pop()),
            Component::CurDir => {}
            part => found.push(part),
        }
    }
    found
}

/// Whether a name is words of small letters and digits, joined by single hyphens.
pub fn is_kebab_case(name: &str) -> bool {
    let is_small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_word = |word: &str| !word.is_empty() && word.chars().all(is_small);
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('-').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kebab_case_is_small_words_joined_by_single_hyphens() {
        for name in ["pipe", "fork-vs-spawn", "a1-b2"] {
            assert!(is_kebab_case(name), "{name}");
        }
        for name in ["", "Pipe", "a_b", "-a", "a-", "a--b", "1a", "../a", "é"] {
            assert!(!is_kebab_case(name), "{name}");
        }
    }
}
