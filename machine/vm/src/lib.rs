//! The machine in the pages: what `cargo run -- vm` makes.
//!
//! A Linux for an emulator that runs in a browser, with all listings, as a snapshot taken when it
//! is ready: its image. It is made from packages of pinned versions, and committed nowhere. This
//! crate needs nothing of the book but the root of its checkout.

mod guest;
mod initramfs;
mod inputs;
mod licences;
mod make;
mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

pub use self::make::make;

/// Where the image lies, from the root of the checkout.
const PLACE: &str = "target/machine";
/// The table of its files, in its folder.
const MANIFEST: &str = "machine.json";

/// An image that was made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Image {
    /// The hash of what it was made of (see [`inputs`]).
    pub sources: String,
    /// Its files, by name.
    pub files: BTreeMap<String, Stamp>,
}

/// What a file is known by.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stamp {
    pub bytes: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Image {
    /// The folder that it lies in, in the checkout `root`.
    pub fn place(root: &Path) -> PathBuf {
        root.join(PLACE)
    }

    /// The image, if there is one, and it is made of what the checkout holds now.
    ///
    /// # Errors
    /// A folder that another program wrote.
    pub fn find(root: &Path) -> Result<Option<Self>> {
        let manifest = Self::place(root).join(MANIFEST);
        if !manifest.exists() {
            return Ok(None);
        }
        let image: Self = serde_json::from_str(&read(&manifest)?).with_context(|| {
            format!(
                "{} is no machine's: remove {PLACE}, and run `cargo run -- vm`",
                manifest.display()
            )
        })?;
        Ok((image.sources == inputs::hash(root)?).then_some(image))
    }

    /// The image whose files lie in `folder`.
    fn of(sources: String, folder: &Path) -> Result<Self> {
        let files = files(folder)?.into_iter().map(|name| {
            let stamp = Stamp::of(&folder.join(&name))?;
            Ok((name.display().to_string(), stamp))
        });
        Ok(Self {
            sources,
            files: files.collect::<Result<_>>()?,
        })
    }
}

impl Stamp {
    /// # Errors
    /// A file that can't be read: says which.
    pub fn of(file: &Path) -> Result<Self> {
        let bytes = fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
        Ok(Self {
            bytes: bytes.len() as u64,
            sha256: hex(Sha256::digest(&bytes)),
        })
    }
}

/// All files below `folder`, relative to it.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if !entry.file_type().is_dir() {
            files.insert(entry.path().strip_prefix(folder)?.to_owned());
        }
    }
    Ok(files)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    let digits = bytes.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_names_its_files_with_size_and_hash() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("state.bin.zst"), "a state").unwrap();
        let image = Image::of(String::new(), folder.path()).unwrap();
        let state = &image.files["state.bin.zst"];
        assert_eq!(state.bytes, 7);
        // By `printf 'a state' | sha256sum`.
        assert!(state.sha256.starts_with("1b1c710d2"), "{}", state.sha256);
    }

    #[test]
    fn a_manifest_of_another_kind_is_named_with_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let place = Image::place(root.path());
        fs::create_dir_all(&place).unwrap();
        assert!(Image::find(root.path()).unwrap().is_none());
        fs::write(place.join(MANIFEST), "{}").unwrap();
        let error = format!("{:#}", Image::find(root.path()).unwrap_err());
        assert!(error.contains("machine.json"), "{error}");
        assert!(error.contains("`cargo run -- vm`"), "{error}");
    }
}
