//! The machine in the page, as the pages offer it, and its files beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use tracing::warn;
use vm::{Image, Stamp};

use crate::programs::Program;
use crate::project::{Project, files};

/// The scripts by which a page reaches it.
const WEB: &str = "machine/web";
/// What a run fetches on the first click, besides the script that fetches it.
const FETCHED: [&str; 6] = [
    "keeper.js",
    "worker.mjs",
    "hardware.mjs",
    "libv86.mjs",
    "v86.wasm.gz",
    "state.bin.zst",
];

/// What the pages say of the machine.
#[derive(Default)]
pub struct Offers {
    /// What the first click fetches, by name; nothing where no machine was made.
    fetched: Option<BTreeMap<String, Stamp>>,
}

/// What it is to one listing.
#[derive(Debug, PartialEq, Eq)]
pub enum Offer<'a> {
    /// It can run it, and this many bytes are fetched for it.
    Run(u64),
    /// It can't, for this reason.
    NotHere(&'a str),
    /// It could, if it had been made.
    NotMade,
}

impl Offers {
    /// # Errors
    /// A machine without one of its files.
    pub fn of(project: &Project) -> Result<Self> {
        let machine = Image::find(&project.root)?;
        if machine.is_none() && Image::place(&project.root).exists() {
            warn!(
                "the machine was made of other sources than these, and is left out of the book: run \
                 `cargo run -- vm`"
            );
        }
        Ok(Self {
            fetched: machine
                .map(|machine| fetched(project, machine))
                .transpose()?,
        })
    }

    /// How many bytes the first click fetches; nothing where no machine was made.
    pub fn bytes(&self) -> Option<u64> {
        let files = self.fetched.as_ref()?;
        Some(files.values().map(|file| file.bytes).sum())
    }

    pub fn to<'a>(&self, program: &'a Program) -> Offer<'a> {
        match (program.not_in_the_page(), self.bytes()) {
            (Some(reason), _) => Offer::NotHere(reason),
            (None, Some(bytes)) => Offer::Run(bytes),
            (None, None) => Offer::NotMade,
        }
    }

    /// Copies the machine's files, if there is one, into the book, and what a page has to know of
    /// them.
    ///
    /// # Errors
    /// What the operating system refuses.
    pub fn copy(&self, project: &Project, book: &Path) -> Result<()> {
        let Some(fetched) = &self.fetched else {
            return Ok(());
        };
        let dest = book.join("machine");
        fs::create_dir_all(&dest)?;
        for folder in [Image::place(&project.root), project.root.join(WEB)] {
            for file in files(&folder)? {
                fs::copy(folder.join(&file), dest.join(&file))
                    .with_context(|| format!("can't copy {}", file.display()))?;
            }
        }
        // In the place of the one that says what the machine was made of.
        let manifest = json!({ "files": fetched });
        fs::write(dest.join("machine.json"), manifest.to_string())?;
        Ok(())
    }
}

fn fetched(project: &Project, mut image: Image) -> Result<BTreeMap<String, Stamp>> {
    let mut files = BTreeMap::new();
    for name in FETCHED {
        let part = match image.files.remove(name) {
            Some(part) => part,
            None => Stamp::of(&project.root.join(WEB).join(name))?,
        };
        files.insert(name.to_owned(), part);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::Kind;

    fn program(source: &str) -> Program {
        Program {
            name: "a".to_owned(),
            kind: Kind::Listing,
            source: source.to_owned(),
            file: "listings/src/bin/a.rs".into(),
        }
    }

    /// Files of these names and sizes, as the machine has them.
    fn stamps<'a>(files: impl IntoIterator<Item = (&'a str, u64)>) -> BTreeMap<String, Stamp> {
        let stamp = |(name, bytes): (&str, _)| {
            let sha256 = "of the machine".to_owned();
            (name.to_owned(), Stamp { bytes, sha256 })
        };
        files.into_iter().map(stamp).collect()
    }

    #[test]
    fn a_listing_says_itself_that_it_cannot_run_there_whether_the_machine_was_made_or_not() {
        let program = program("//! A point.\n//! Not in the page: two processors.\n\nfn main() {}");
        for fetched in [None, Some(stamps([("a", 1)]))] {
            let offers = Offers { fetched };
            assert_eq!(offers.to(&program), Offer::NotHere("two processors"));
        }
    }

    #[test]
    fn the_size_is_that_of_all_that_is_fetched() {
        let fetched = Some(stamps([("a", 70), ("b", 7)]));
        assert_eq!(Offers { fetched }.to(&program("")), Offer::Run(77));
        assert_eq!(Offers::default().to(&program("")), Offer::NotMade);
    }

    #[test]
    fn a_page_learns_size_and_hash_of_each_file_from_the_machine_or_the_script_itself() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::new(folder.path());
        let web = project.root.join(WEB);
        fs::create_dir_all(&web).unwrap();
        for name in &FETCHED[..3] {
            fs::write(web.join(name), "a state").unwrap();
        }
        let made = |names: &[&'static str]| Image {
            sources: String::new(),
            files: stamps(names.iter().map(|&name| (name, 1))),
        };
        let files = fetched(&project, made(&FETCHED[3..])).unwrap();
        assert_eq!(files.len(), FETCHED.len());
        assert_eq!(files["v86.wasm.gz"].sha256, "of the machine");
        assert_eq!(files["worker.mjs"].bytes, 7);
        // By `printf 'a state' | sha256sum`.
        assert!(files["worker.mjs"].sha256.starts_with("1b1c710d2"));
        let error = fetched(&project, made(&FETCHED[4..])).err().unwrap();
        assert!(format!("{error:#}").contains("libv86.mjs"), "{error:#}");
    }
}
