//! The packages of Debian that the machine is made of: fetched once, checked, unpacked.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::make::run;
use super::{Stamp, hex, read};

/// `machine/parts.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    snapshot: String,
    machine: Vec<Package>,
    toolchain: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub package: String,
    pub version: String,
    archive: String,
    path: String,
    sha256: String,
    /// Where something of it travels to the reader.
    pub shipped: Option<Shipped>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipped {
    pub licence: String,
    /// Name and version of the source package.
    pub source: String,
}

impl Parts {
    pub fn load(root: &Path) -> Result<Self> {
        let file = root.join("machine/parts.toml");
        toml::from_str(&read(&file)?).with_context(|| format!("can't use {}", file.display()))
    }

    pub fn all(&self) -> impl Iterator<Item = &Package> {
        self.machine.iter().chain(&self.toolchain)
    }

    /// The folder below `workshop` in which all packages lie unpacked.
    pub fn unpack(&self, workshop: &Path) -> Result<PathBuf> {
        let store = workshop.join("packages");
        fs::create_dir_all(&store)?;
        let mut all = Sha256::new();
        let bar = ProgressBar::new(self.all().count() as u64)
            .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
        for package in self.all() {
            bar.set_message(package.package.clone());
            self.fetch(package, &store)?;
            all.update(&package.sha256);
            bar.inc(1);
        }
        bar.finish_and_clear();

        let unpacked = workshop.join("root");
        // Written last, so it is there when all is there.
        let (stamp, all) = (workshop.join("root.sha256"), hex(all.finalize()));
        if unpacked.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == all) {
            return Ok(unpacked);
        }
        if unpacked.exists() {
            // First, so that it never stands for half of them.
            let _ = fs::remove_file(&stamp);
            fs::remove_dir_all(&unpacked)?;
        }
        for package in self.all() {
            run(Command::new("dpkg-deb")
                .arg("--extract")
                .args([package.file(&store), unpacked.clone()]))?;
        }
        fs::write(&stamp, all)?;
        Ok(unpacked)
    }

    /// Fetches a package, unless it is there.
    fn fetch(&self, package: &Package, store: &Path) -> Result<()> {
        let file = package.file(store);
        if Stamp::of(&file).is_ok_and(|found| found.sha256 == package.sha256) {
            return Ok(());
        }
        let Package { archive, path, .. } = package;
        let new = store.join("new");
        // A mirror drops a version when there is a newer one. The archive keeps all, and is slow.
        let urls = [
            format!("https://deb.debian.org/{archive}/{path}"),
            format!(
                "https://snapshot.debian.org/archive/{archive}/{}/{path}",
                self.snapshot
            ),
        ];
        let fetched = urls.iter().any(|url| {
            run(Command::new("curl")
                .args([
                    "--fail",
                    "--silent",
                    "--show-error",
                    "--location",
                    "--retry",
                    "3",
                ])
                .arg("--output")
                .args([new.as_os_str(), url.as_ref()]))
            .is_ok()
        });
        ensure!(
            fetched,
            "can't fetch {}, nor {}: see curl's messages above",
            urls[0],
            urls[1]
        );
        let found = Stamp::of(&new)?.sha256;
        ensure!(
            found == package.sha256,
            "{path} is another file than machine/parts.toml names: expected was SHA-256 {}, and \
             what was fetched has {found}",
            package.sha256
        );
        fs::rename(&new, &file)?;
        Ok(())
    }
}

impl Package {
    /// Where it lies in `store`.
    fn file(&self, store: &Path) -> PathBuf {
        store.join(format!("{}.deb", self.sha256))
    }
}

/// Has a program of the unpacked packages find their libraries.
pub fn with_libraries<'a>(command: &'a mut Command, unpacked: &Path) -> &'a mut Command {
    let mut folders = OsString::new();
    for folder in ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"] {
        folders.push(unpacked.join(folder));
        folders.push(":");
    }
    folders.push(env::var_os("LD_LIBRARY_PATH").unwrap_or_default());
    command.env("LD_LIBRARY_PATH", folders)
}
