//! Making the image, step by step.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::fcntl::{Flock, FlockArg};

use super::parts::{self, Parts};
use super::{Image, MANIFEST, PLACE, guest, initramfs, inputs, licences};

/// Where it is made.
const WORKSHOP: &str = "target/vm";

/// What npm brings, from its folder, and what it is called in the image's.
const FROM_NPM: [(&str, &str); 4] = [
    ("v86/build/libv86.mjs", "libv86.mjs"),
    ("@xterm/xterm/lib/xterm.mjs", "xterm.mjs"),
    ("@xterm/xterm/css/xterm.css", "xterm.css"),
    ("@xterm/addon-fit/lib/addon-fit.mjs", "addon-fit.mjs"),
];

/// Makes the machine, unless there is one of the same sources.
///
/// # Errors
/// What the computer lacks; a package that can't be fetched, or is another than expected; a listing
/// that doesn't compile for 32 bits; a kernel that doesn't start. An older machine stays.
pub fn make(root: &Path) -> Result<()> {
    if Image::find(root)?.is_some() {
        println!("{PLACE} is up to date.");
        return Ok(());
    }
    check_tools()?;
    let workshop = root.join(WORKSHOP);
    fs::create_dir_all(&workshop)?;
    let lock = File::create(workshop.join("lock"))?;
    let _lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock)
        .map_err(|_| anyhow!("another `cargo run -- vm` is at work in {WORKSHOP}"))?;
    // Before they are used: whoever changes one meanwhile has a machine of older sources.
    let sources = inputs::hash(root)?;
    let parts = Parts::load(root)?;
    println!("1 of 5: packages of Debian");
    let unpacked = parts.unpack(&workshop)?;
    println!("2 of 5: packages of npm");
    let npm = root.join("machine");
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit"])
        .args(["--no-fund", "--loglevel=error"])
        .current_dir(&npm))?;
    println!("3 of 5: the listings, for a 32-bit processor");
    let guest = guest::build(root, &unpacked, &workshop)?;
    println!("4 of 5: the machine starts");
    let state = start(root, &workshop, &unpacked, guest)?;
    println!("5 of 5: all is packed");
    let new = workshop.join("machine");
    empty(&new)?;
    fs::create_dir_all(&new)?;
    pack(&new, &unpacked, &npm.join("node_modules"), &state)?;
    let licences = licences::text(root, &parts, &unpacked)?;
    fs::write(new.join("LICENCES.txt"), licences)?;
    let image = Image::of(sources, &new)?;
    fs::write(new.join(MANIFEST), serde_json::to_string_pretty(&image)?)?;

    let place = Image::place(root);
    empty(&place)?;
    fs::rename(&new, &place)?;
    for (name, stamp) in &image.files {
        println!("{:>10} bytes  {PLACE}/{name}", stamp.bytes);
    }
    Ok(())
}

/// Starts the machine once, and saves its state when it is ready: the file of it.
fn start(root: &Path, workshop: &Path, unpacked: &Path, guest: PathBuf) -> Result<PathBuf> {
    let initramfs = workshop.join("initramfs");
    let programs = [
        ("bin/busybox", unpacked.join("bin/busybox")),
        ("bin/guest", guest),
    ];
    let files = initramfs::pack(&root.join("machine/root"), &programs)?;
    fs::write(&initramfs, files)?;
    let state = workshop.join("state.bin");
    run(Command::new("node")
        .arg(root.join("machine/snapshot.mjs"))
        .args([unpacked, &initramfs, &state]))?;
    Ok(state)
}

/// Puts what a page fetches into `new`.
fn pack(new: &Path, unpacked: &Path, modules: &Path, state: &Path) -> Result<()> {
    // The emulator unpacks the one itself, and a browser the other.
    let wasm = modules.join("v86/build/v86.wasm");
    for (options, from, to) in [
        (&["-19"][..], state, "state.bin.zst"),
        (&["--format=gzip", "-9"], &wasm, "v86.wasm.gz"),
    ] {
        let mut zstd = Command::new(unpacked.join("usr/bin/zstd"));
        zstd.args(options).arg("--quiet").arg(from).arg("-o");
        run(parts::with_libraries(&mut zstd, unpacked).arg(new.join(to)))?;
    }
    for (from, to) in FROM_NPM {
        fs::copy(modules.join(from), new.join(to)).with_context(|| format!("can't copy {from}"))?;
    }
    Ok(())
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
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
    let missing: Vec<_> = TOOLS
        .iter()
        .filter(|(tool, _)| which::which(tool).is_err())
        .collect();
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

/// Runs a command; its messages are seen.
pub fn run(command: &mut Command) -> Result<()> {
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
