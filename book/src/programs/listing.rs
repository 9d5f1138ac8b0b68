//! The programs of the book: those that run and those that must not compile.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;
use sha2::{Digest, Sha256};

use super::normalise::Order;
use crate::project::{Project, hex, names, read};

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

/// The folder of those that need tokio: apart, so that the others stay quick to build.
const WITH_TOKIO: &str = "listings/with-tokio/src/bin";

/// The folders of the programs. The first is where a new listing goes.
pub const FOLDERS: [(&str, Kind); 3] = [
    ("listings/src/bin", Kind::Listing),
    (WITH_TOKIO, Kind::Listing),
    ("listings/fails", Kind::Fail),
];

impl Program {
    /// All programs, folder by folder, each by name.
    pub fn all(project: &Project) -> Result<Vec<Self>> {
        let mut programs = Vec::new();
        for (folder, kind) in FOLDERS {
            for name in names(&project.root.join(folder), "rs")? {
                programs.push(Self::read(project, folder, kind, &name)?);
            }
        }
        Ok(programs)
    }

    fn read(project: &Project, folder: &str, kind: Kind, name: &str) -> Result<Self> {
        let file = file(folder, name);
        Ok(Self {
            source: read(&project.root.join(&file))?,
            name: name.to_owned(),
            kind,
            file,
        })
    }

    /// The file of its recorded output, relative to the root of the checkout.
    pub fn output(&self) -> PathBuf {
        Path::new(OUTPUTS).join(format!("{}.txt", self.name))
    }

    /// The command that stands under it in its chapter.
    pub fn command(&self) -> String {
        match self.kind {
            Kind::Listing if self.file.starts_with(WITH_TOKIO) => {
                format!("$ cargo run -p listings-with-tokio --bin {}", self.name)
            }
            Kind::Listing => format!("$ cargo run --bin {}", self.name),
            Kind::Fail => format!("$ rustc --edition 2024 {}", self.file.display()),
        }
    }

    /// What tells its source from any other.
    pub fn hash(&self) -> String {
        hex(Sha256::digest(&self.source))
    }

    /// As a page shows it: without the lines that mdBook takes for anchors.
    pub fn shown(&self) -> String {
        let is_anchor = |line: &&str| line.contains("ANCHOR: ") || line.contains("ANCHOR_END: ");
        let lines = self.source.trim_end().lines();
        lines
            .filter(|line| !is_anchor(line))
            .collect::<Vec<_>>()
            .join("\n")
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
pub(super) const ANY_ORDER: &str = "//! Its lines may come in any order.";

/// The files that a program of this name may have; the first is that of a new listing.
pub fn files(name: &str) -> [PathBuf; 3] {
    FOLDERS.map(|(folder, _)| file(folder, name))
}

fn file(folder: &str, name: &str) -> PathBuf {
    Path::new(folder).join(format!("{name}.rs"))
}

/// The error codes in a text.
pub fn codes(text: &str) -> Vec<String> {
    static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bE\d{4}\b").expect("a constant"));
    CODE.find_iter(text)
        .map(|code| code.as_str().to_owned())
        .collect()
}

/// The listing of this name, a program that runs, as it is now.
pub fn find(project: &Project, name: &str) -> Result<Option<Program>> {
    for (folder, kind) in FOLDERS {
        let names = names(&project.root.join(folder), "rs")?;
        if kind == Kind::Listing && names.iter().any(|found| found == name) {
            return Program::read(project, folder, kind, name).map(Some);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

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
