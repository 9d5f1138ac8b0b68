//! The program that runs in the machine: all listings and the agent, by a compiler of 32 bits.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::make::run;
use super::parts::with_libraries;

pub const TARGET: &str = "i686-unknown-linux-gnu";

/// Builds it with the compiler in `unpacked`, statically linked.
pub fn build(root: &Path, unpacked: &Path, workshop: &Path) -> Result<PathBuf> {
    let sources = workshop.join("sources");
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
    // The linker is that of the 64-bit system. It takes the start files and the C library of 32
    // bits from here.
    for folder in ["usr/lib/i386-linux-gnu", "usr/lib/gcc/i686-linux-gnu/12"] {
        let folder = unpacked.join(folder);
        flags.push(format!("-Clink-arg=-B{}", folder.display()));
        flags.push(format!("-Lnative={}", folder.display()));
    }
    // The same bytes wherever they are built, by one cargo and one linker. A panic names its
    // listing as the book does.
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home
        .or_else(|| Some(env::home_dir()?.join(".cargo")))
        .context("there is neither CARGO_HOME nor a home directory")?;
    // Of several that fit, the last counts.
    for folder in [root, &cargo_home, &sources] {
        flags.push(format!("--remap-path-prefix={}/=", folder.display()));
    }
    let target = workshop.join("cargo");
    run(with_libraries(&mut cargo(), unpacked)
        .args([
            "build",
            "--locked",
            "--package",
            "guest",
            "--profile",
            "guest",
        ])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&target)
        .current_dir(root)
        .env("RUSTC", unpacked.join("usr/bin/rustc"))
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("GUEST_SOURCES", &sources))?;
    Ok(target.join(TARGET).join("guest/guest"))
}

pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
