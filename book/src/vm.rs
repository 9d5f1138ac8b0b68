//! The machine in the page: what `cargo run -- vm` makes.
//!
//! A Linux for an emulator that runs in a browser, with all listings, as a snapshot taken when it
//! is ready. It is made from packages of pinned versions, and committed nowhere.

mod guest;
mod initramfs;
mod licences;
mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::parts::Parts;
use crate::hex::hex;
use crate::pages;
use crate::project::{Project, read};

/// Where the machine lies, from the root of the checkout.
const PLACE: &str = "target/machine";
/// Where it is made.
const WORKSHOP: &str = "target/vm";
/// The table of what it is made of, in its folder.
const MANIFEST: &str = "machine.json";

/// What npm brings, from its folder, and what it is called in the machine's.
const FROM_NPM: [(&str, &str); 4] = [
    ("v86/build/libv86.mjs", "libv86.mjs"),
    ("@xterm/xterm/lib/xterm.mjs", "xterm.mjs"),
    ("@xterm/xterm/css/xterm.css", "xterm.css"),
    ("@xterm/addon-fit/lib/addon-fit.mjs", "addon-fit.mjs"),
];

/// What the machine is made of besides packages, and how; a folder stands for all in it.
const SOURCES: [&str; 13] = [
    "Cargo.lock",
    "Cargo.toml",
    "book/src/vm",
    "book/src/vm.rs",
    "listings/src/bin",
    "listings/with-tokio/src/bin",
    "machine/guest",
    "machine/licences.txt",
    "machine/package-lock.json",
    "machine/parts.toml",
    "machine/root",
    "machine/snapshot.mjs",
    "machine/web/hardware.mjs",
];

/// A machine that was made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Machine {
    /// The hash of [`SOURCES`].
    pub sources: String,
    /// Its files, by name.
    pub files: BTreeMap<String, Part>,
}

/// A file of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part {
    pub bytes: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Machine {
    /// The folder that it lies in.
    pub fn place(project: &Project) -> PathBuf {
        project.root.join(PLACE)
    }

    /// The machine, if there is one, and it is made of what the checkout holds now.
    ///
    /// # Errors
    /// A folder that another program wrote.
    pub fn find(project: &Project) -> Result<Option<Self>> {
        let manifest = Self::place(project).join(MANIFEST);
        if !manifest.exists() {
            return Ok(None);
        }
        let machine: Self = serde_json::from_str(&read(&manifest)?).with_context(|| {
            format!(
                "{} is no machine's: remove {PLACE}, and run `cargo run -- vm`",
                manifest.display()
            )
        })?;
        Ok((machine.sources == sources(project)?).then_some(machine))
    }
}

impl Part {
    pub fn of(file: &Path) -> Result<Self> {
        let bytes = fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
        Ok(Self {
            bytes: bytes.len() as u64,
            sha256: hex(Sha256::digest(&bytes)),
        })
    }
}

/// Makes the machine, unless there is one of the same sources.
///
/// # Errors
/// What the computer lacks; a package that can't be fetched, or is another than expected; a listing
/// that doesn't compile for 32 bits; a kernel that doesn't start. An older machine stays.
pub fn make(project: &Project) -> Result<()> {
    if Machine::find(project)?.is_some() {
        println!("{PLACE} is up to date.");
        return Ok(());
    }
    check_tools()?;
    let workshop = project.root.join(WORKSHOP);
    fs::create_dir_all(&workshop)?;
    let lock = File::create(workshop.join("lock"))?;
    let _lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock)
        .map_err(|_| anyhow!("another `cargo run -- vm` is at work in {WORKSHOP}"))?;
    // Before they are used: whoever changes one meanwhile has a machine of older sources.
    let sources = sources(project)?;
    let parts = Parts::load(project)?;
    println!("1 of 5: packages of Debian");
    let unpacked = parts.unpack(&workshop)?;
    println!("2 of 5: packages of npm");
    let npm = project.root.join("machine");
    run(Command::new("npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(&npm))?;
    println!("3 of 5: the listings, for a 32-bit processor");
    let guest = guest::build(project, &unpacked, &workshop)?;
    println!("4 of 5: the machine starts");
    let initramfs = workshop.join("initramfs");
    fs::write(
        &initramfs,
        initramfs::pack(
            &project.root.join("machine/root"),
            &[
                ("bin/busybox", unpacked.join("bin/busybox")),
                ("bin/guest", guest),
            ],
        )?,
    )?;
    let state = workshop.join("state.bin");
    run(Command::new("node")
        .arg(project.root.join("machine/snapshot.mjs"))
        .args([unpacked.as_path(), &initramfs, &state]))?;
    println!("5 of 5: all is packed");
    let new = workshop.join("machine");
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    fs::create_dir_all(&new)?;
    // The emulator unpacks the one itself, and a browser the other.
    let wasm = npm.join("node_modules/v86/build/v86.wasm");
    for (options, from, to) in [
        (&["-19"][..], &state, "state.bin.zst"),
        (&["--format=gzip", "-9"], &wasm, "v86.wasm.gz"),
    ] {
        run(
            parts::with_libraries(&mut Command::new(unpacked.join("usr/bin/zstd")), &unpacked)
                .args(options)
                .arg("--quiet")
                .arg(from)
                .arg("-o")
                .arg(new.join(to)),
        )?;
    }
    for (from, to) in FROM_NPM {
        fs::copy(npm.join("node_modules").join(from), new.join(to))
            .with_context(|| format!("can't copy {from}"))?;
    }
    fs::write(
        new.join("LICENCES.txt"),
        licences::text(project, &parts, &unpacked)?,
    )?;
    let machine = describe(sources, &new)?;
    fs::write(new.join(MANIFEST), serde_json::to_string_pretty(&machine)?)?;

    let place = Machine::place(project);
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::rename(&new, &place)?;
    for (name, part) in &machine.files {
        println!("{:>10} bytes  {PLACE}/{name}", part.bytes);
    }
    Ok(())
}

/// The machine whose files lie in `folder`.
fn describe(sources: String, folder: &Path) -> Result<Machine> {
    let files = pages::files(folder)?.into_iter().map(|name| {
        let part = Part::of(&folder.join(&name))?;
        Ok((name.display().to_string(), part))
    });
    Ok(Machine {
        sources,
        files: files.collect::<Result<_>>()?,
    })
}

/// The hash of all that [`SOURCES`] names.
fn sources(project: &Project) -> Result<String> {
    let mut hash = Sha256::new();
    for source in SOURCES {
        for file in files(&project.root.join(source))? {
            let bytes =
                fs::read(&file).with_context(|| format!("can't read {}", file.display()))?;
            hash.update(project.relative(&file).as_os_str().as_encoded_bytes());
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
    Ok(hex(hash.finalize()))
}

/// The file, or those below the folder.
fn files(path: &Path) -> Result<BTreeSet<PathBuf>> {
    if path.is_dir() {
        let below = pages::files(path)?;
        return Ok(below.iter().map(|file| path.join(file)).collect());
    }
    Ok(BTreeSet::from([path.to_owned()]))
}

/// The commands that are needed, and the packages of Debian that have them.
const TOOLS: [(&str, &str); 5] = [
    ("cc", "gcc"),
    ("curl", "curl"),
    ("dpkg-deb", "dpkg"),
    ("node", "nodejs"),
    ("npm", "npm"),
];

fn check_tools() -> Result<()> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "the machine's compiler runs on Linux on x86-64 alone: make the machine there"
    );
    let missing: Vec<_> = TOOLS.iter().filter(|(tool, _)| !is_there(tool)).collect();
    if missing.is_empty() {
        return check_node();
    }
    let list = |of: fn(&(&'static str, &'static str)) -> &'static str, between| {
        missing
            .iter()
            .map(|tool| of(tool))
            .collect::<Vec<_>>()
            .join(between)
    };
    bail!(
        "there is no {}: install what is missing, on Debian by `apt install {}`",
        list(|(tool, _)| tool, ", no "),
        list(|(_, package)| package, " ")
    )
}

/// Debian 12's own Node.js, for one, is older than the script that takes the snapshot needs.
fn check_node() -> Result<()> {
    let output = Command::new("node").arg("--version").output()?;
    let version = String::from_utf8_lossy(&output.stdout);
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    ensure!(
        major.is_some_and(|major: u32| major >= 20),
        "Node.js 20 or newer is needed, and `node --version` says {}: see https://nodejs.org",
        version.trim()
    );
    Ok(())
}

fn is_there(tool: &str) -> bool {
    Command::new(tool)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// Runs a command; its messages are seen.
fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_owned();
    let name = Path::new(&name)
        .file_name()
        .unwrap_or(OsStr::new("it"))
        .display();
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("can't start {name}"))?;
    ensure!(status.success(), "{name} failed, see above: {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout that holds what a machine is made of, each file with its own name as its text.
    fn checkout() -> (tempfile::TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::new(folder.path());
        for source in SOURCES {
            let mut file = project.root.join(source);
            if Path::new(source).extension().is_none() && !source.starts_with("Cargo") {
                file.push("a");
            }
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, source).unwrap();
        }
        (folder, project)
    }

    /// Puts a machine of these sources there, which has one file.
    fn put(project: &Project) {
        let place = Machine::place(project);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("state.bin.zst"), "a state").unwrap();
        let machine = describe(sources(project).unwrap(), &place).unwrap();
        fs::write(
            place.join(MANIFEST),
            serde_json::to_string(&machine).unwrap(),
        )
        .unwrap();
    }

    #[test]
    fn a_machine_is_found_with_its_files_until_a_source_changes() {
        let (_folder, project) = checkout();
        assert!(Machine::find(&project).unwrap().is_none());
        put(&project);
        let found = Machine::find(&project).unwrap().expect("there is one");
        let state = &found.files["state.bin.zst"];
        assert_eq!(state.bytes, 7);
        // By `printf 'a state' | sha256sum`.
        assert!(state.sha256.starts_with("1b1c710d2"), "{}", state.sha256);

        fs::write(project.root.join("listings/src/bin/a"), "another program").unwrap();
        assert!(Machine::find(&project).unwrap().is_none());
    }

    #[test]
    fn each_source_counts_and_so_does_the_name_of_a_file() {
        let (_folder, project) = checkout();
        let mut seen = BTreeSet::from([sources(&project).unwrap()]);
        for source in SOURCES {
            for file in files(&project.root.join(source)).unwrap() {
                fs::write(&file, "changed").unwrap();
                assert!(seen.insert(sources(&project).unwrap()), "{source}");
            }
        }
        let listing = project.root.join("listings/src/bin/a");
        fs::rename(&listing, listing.with_file_name("b")).unwrap();
        assert!(seen.insert(sources(&project).unwrap()));
    }

    #[test]
    fn a_manifest_of_another_kind_is_named_with_what_to_do() {
        let (_folder, project) = checkout();
        put(&project);
        fs::write(Machine::place(&project).join(MANIFEST), "{}").unwrap();
        let error = format!("{:#}", Machine::find(&project).unwrap_err());
        assert!(error.contains("machine.json"), "{error}");
        assert!(error.contains("`cargo run -- vm`"), "{error}");
    }
}
