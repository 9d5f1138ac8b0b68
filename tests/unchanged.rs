//! Proofs that depend on files alone: one that passed isn't run again until a file has changed.
//!
//! The inputs of all are the same, and more than any needs: each file of the checkout, the machine of
//! the pages, the tools, and the proof's own program. So none can be forgotten.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use std::{env, fs};

use anyhow::{Context, Result};
use book::project::{Project, hex};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// What lies in a checkout and is made of the rest, or fetched as the rest says.
const MADE: [&str; 3] = [".git", "node_modules", "target"];

/// What of it goes into a proof: the machine of the pages, and which modules are there.
const USED: [&str; 2] = [
    "target/machine",
    "tests/browser/node_modules/.package-lock.json",
];

/// What a proof may start.
const TOOLS: [&str; 10] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "epubcheck",
    "java",
    "node",
    "cargo",
    "rustc",
    "git",
];

/// All that a proof depends on, as it is now.
pub struct Inputs<'a> {
    project: &'a Project,
    executable: &'a Path,
    hash: String,
    /// Where the hash is kept with which the proof last passed.
    passed: PathBuf,
}

/// What a proof that passed has proven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Proven {
    All,
    /// All but what can't be tested here.
    InPart,
}

impl<'a> Inputs<'a> {
    /// # Errors
    /// A file that can't be read.
    pub fn new(project: &'a Project, proof: &str, executable: &'a Path) -> Result<Self> {
        Ok(Self {
            project,
            executable,
            hash: hash(project, executable)?,
            passed: project.root.join(format!("target/passed/{proof}.txt")),
        })
    }

    /// Whether the proof passed with these. CI asks anew, and so does whoever sets
    /// `TWO_KITCHENS_ANEW`.
    pub fn have_passed(&self) -> bool {
        let anew = ["CI", "TWO_KITCHENS_ANEW"].map(env::var_os);
        anew == [None, None] && fs::read_to_string(&self.passed).is_ok_and(|it| it == self.hash)
    }

    /// Runs the proof, and remembers if it proves all; unless an input changes meanwhile.
    ///
    /// # Errors
    /// Those of the proof.
    pub fn run(self, proof: impl FnOnce() -> Result<Proven>) -> Result<()> {
        if self.passed.exists() {
            fs::remove_file(&self.passed)?;
        }
        let proven = proof()?;
        if proven == Proven::All && hash(self.project, self.executable)? == self.hash {
            fs::create_dir_all(self.passed.parent().context("a folder")?)?;
            fs::write(&self.passed, &self.hash)?;
        }
        Ok(())
    }
}

fn hash(project: &Project, executable: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let mut add = |name: &Path, bytes: &[u8]| {
        for part in [name.as_os_str().as_encoded_bytes(), bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    };
    let sources = WalkDir::new(&project.root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !MADE.iter().any(|made| entry.file_name() == *made));
    let used = USED.iter().flat_map(|used| {
        let used = project.root.join(used);
        let there = used
            .exists()
            .then(|| WalkDir::new(used).sort_by_file_name());
        there.into_iter().flatten()
    });
    for entry in sources.chain(used) {
        let entry = entry?;
        if entry.file_type().is_file() {
            let file = entry.path();
            let bytes = fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
            add(file, &bytes);
        }
    }
    add(executable, &fs::read(executable)?);
    // Their bytes are too many to be read each time.
    let chosen = env::var_os("CHROMIUM").map(PathBuf::from);
    let tools = TOOLS.iter().filter_map(|tool| which::which(tool).ok());
    for tool in tools.chain(chosen) {
        let Ok(about) = fs::metadata(&tool) else {
            continue;
        };
        let changed = about.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
        add(&tool, format!("{} {changed}", about.len()).as_bytes());
    }
    Ok(hex(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_proof_that_passed_runs_again_only_when_an_input_has_changed() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let root = folder.path();
        for file in [
            "src/a.md",
            "target/machine/state",
            "target/b",
            "proof",
            ".git/c",
        ] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().context("a folder")?)?;
            fs::write(file, "1")?;
        }
        let project = Project::new(root);
        let proof = root.join("proof");
        let inputs = || Inputs::new(&project, "a/proof", &proof);
        let hash = || Ok::<_, anyhow::Error>(inputs()?.hash);
        let pass = || inputs()?.run(|| Ok(Proven::All));
        let is_kept = |inputs: &Inputs| fs::read_to_string(&inputs.passed).ok();

        assert_eq!(is_kept(&inputs()?), None);
        pass()?;
        assert_eq!(is_kept(&inputs()?), Some(hash()?));

        // What it is made of, or depends on, or not.
        for (file, counts) in [
            ("src/a.md", true),
            ("src/new.md", true),
            ("target/machine/state", true),
            ("proof", true),
            ("target/b", false),
            (".git/c", false),
        ] {
            let before = hash()?;
            fs::write(root.join(file), "2")?;
            assert_eq!(hash()? != before, counts, "{file}");
        }
        assert_ne!(is_kept(&inputs()?), Some(hash()?));

        // A failure is never kept, nor a pass before it; nor what proves a part, or other files.
        pass()?;
        assert!(inputs()?.run(|| bail!("it fails")).is_err());
        assert_eq!(is_kept(&inputs()?), None);
        inputs()?.run(|| Ok(Proven::InPart))?;
        assert_eq!(is_kept(&inputs()?), None);
        inputs()?.run(|| {
            fs::write(root.join("src/a.md"), "3")?;
            Ok(Proven::All)
        })?;
        assert_eq!(is_kept(&inputs()?), None);
        Ok(())
    }
}
