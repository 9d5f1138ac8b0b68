//! A copy of the checkout, in which a test may change what it likes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use book::project::write_if_changed;

/// Makes `copy` like the checkout, and leaves alone what is the same: cargo goes by the time of change.
pub fn copy_checkout(root: &Path, copy: &Path) -> Result<()> {
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
pub fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
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
