//! `cargo test`: every proof, those of the book first, as many at a time as there are processors.
//!
//! Each is a test target of its own, of this package or of another, and runs as cargo would run it.
//! `cargo test --test listings` and `cargo test -p book --test serve` run one alone.

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use book::programs::cargo;
use cargo_metadata::Message;
use libtest_mimic::Arguments;
use tests::unchanged::{Inputs, Proven};
use tests::{PROJECT, trial};

/// The packages whose tests are proofs; the other packages' are run by one of them.
const PACKAGES: [&str; 6] = ["two-kitchens", "tests", "book", "lab", "races", "vm"];

/// Those that begin. The others follow by name: the server's, the book to take along, the lab's.
const FIRST: [&str; 13] = [
    "listings",
    "snippets",
    "races",
    "pages",
    "exercises",
    "rules",
    "mutants",
    "refused_creation",
    "environments",
    "contributing",
    "surroundings",
    "machine",
    "browser",
];

/// Those of what makes and shows the book, which take long: their outcome depends on files alone.
/// The proofs of the book itself run each time.
const OF_FILES: [&str; 8] = [
    "rules",
    "contributing",
    "machine",
    "browser",
    "book/run_server",
    "book/serve",
    "book/take",
    "lab/rows",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match proofs() {
        Ok(proofs) => {
            let trials = proofs.into_iter().map(|proof| {
                let name = proof.name.clone();
                trial(&name, move || proof.run())
            });
            tests::run(&arguments, trials.collect())
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

struct Proof {
    /// The target, behind the folder of its package.
    name: String,
    folder: PathBuf,
    executable: PathBuf,
}

/// All proofs, built, in their order.
fn proofs() -> Result<Vec<Proof>> {
    let output = Command::new(cargo())
        .args([
            "test",
            "--no-run",
            "--message-format=json-render-diagnostics",
        ])
        .args(PACKAGES.iter().flat_map(|package| ["--package", package]))
        // By name, for `cargo test` alone isn't meant to run those of this package.
        .args(["--lib", "--bin", "races", "--test", "*"])
        .current_dir(&PROJECT.root)
        .stderr(Stdio::inherit())
        .output()
        .context("can't start cargo")?;
    ensure!(output.status.success(), "the proofs don't build, see above");
    let mut proofs = Vec::new();
    for message in Message::parse_stream(&output.stdout[..]) {
        let Message::CompilerArtifact(artifact) = message? else {
            continue;
        };
        let (true, Some(executable)) = (artifact.profile.test, artifact.executable) else {
            continue;
        };
        let folder = artifact.manifest_path.parent().context("a folder")?;
        let package = PROJECT.relative(folder.as_std_path());
        let target = artifact.target;
        let name = if target.is_test() {
            package.join(target.name)
        } else {
            package
        };
        // Itself.
        if name.as_os_str() != "proofs" {
            proofs.push(Proof {
                name: name.display().to_string(),
                folder: folder.into(),
                executable: executable.into(),
            });
        }
    }
    proofs.sort_by_key(|proof| {
        let first = FIRST.iter().position(|name| *name == proof.name);
        (first.unwrap_or(FIRST.len()), proof.name.clone())
    });
    Ok(proofs)
}

impl Proof {
    fn run(&self) -> Result<()> {
        if !OF_FILES.contains(&&*self.name) {
            return self.prove().map(drop);
        }
        let inputs = Inputs::new(&PROJECT, &self.name, &self.executable)?;
        if inputs.have_passed() {
            println!(
                "{}: unchanged since it passed; TWO_KITCHENS_ANEW=1 runs it again",
                self.name
            );
            return Ok(());
        }
        inputs.run(|| self.prove())
    }

    /// Says how many of its tests passed. What it had to skip isn't proven.
    fn prove(&self) -> Result<Proven> {
        let start = Instant::now();
        let output = Command::new(&self.executable)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()?;
        let said = [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat();
        if !output.status.success() {
            // Without the tests that passed.
            let failures = said.find("\nfailures:\n").unwrap_or_default();
            bail!("{}: {}\n{}", self.name, output.status, &said[failures..]);
        }
        let result = said
            .lines()
            .find_map(|line| line.strip_prefix("test result: ok. "))
            .context("it says no result")?;
        let (counts, _) = result.split_once("; 0 measured").unwrap_or((result, ""));
        let seconds = start.elapsed().as_secs_f64();
        println!("{}: {counts}, in {seconds:.1} s", self.name);
        let mut proven = Proven::All;
        for line in said.lines().filter(|line| line.starts_with("Skipped: ")) {
            println!("{}: {line}", self.name);
            proven = Proven::InPart;
        }
        Ok(proven)
    }
}
