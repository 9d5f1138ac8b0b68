//! The licences of all that the machine consists of, and where the source of each part is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;
use serde::Deserialize;

use super::parts::{Parts, Shipped};
use super::{inputs, read};

/// Licences that the packages name and don't hold.
const COMMON: [&str; 5] = ["GPL-2", "GPL-3", "LGPL-2.1", "LGPL-3", "Apache-2.0"];

/// The text that travels with the machine.
pub fn text(root: &Path, parts: &Parts, unpacked: &Path) -> Result<String> {
    let mut text = read(&root.join("machine/licences.txt"))?;
    for package in parts.all() {
        let Some(Shipped { licence, source }) = &package.shipped else {
            continue;
        };
        let (name, version) = source.split_once(' ').with_context(|| {
            format!("machine/parts.toml: expected the name and version of a package: {source:?}")
        })?;
        let file = unpacked
            .join("usr/share/doc")
            .join(&package.package)
            .join("copyright");
        write!(
            text,
            "\n\n==== {} {}: {licence}\nSource: \
             https://snapshot.debian.org/package/{name}/{version}/\n\n{}",
            package.package,
            package.version,
            read(&file)?
        )?;
    }
    for module in modules(root)? {
        section(&mut text, &module)?;
    }
    for krate in crates(root)? {
        section(&mut text, &krate)?;
    }
    for name in COMMON {
        let licence = read(&unpacked.join("usr/share/common-licenses").join(name))?;
        write!(text, "\n\n==== The text of {name}\n\n{licence}")?;
    }
    Ok(text)
}

/// A part that isn't of Debian.
#[derive(Deserialize)]
struct Component {
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    #[serde(default)]
    manifest_path: PathBuf,
}

fn section(text: &mut String, part: &Component) -> Result<()> {
    let folder = part.manifest_path.parent().expect("a manifest in a folder");
    write!(
        text,
        "\n\n==== {} {}: {}\nSource: {}\n",
        part.name,
        part.version,
        part.license.as_deref().unwrap_or("see below"),
        part.repository.as_deref().unwrap_or("see its registry"),
    )?;
    let mut files: Vec<_> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.sort();
    let mut found = false;
    for file in files {
        let name = file
            .file_name()
            .expect("a file in a folder")
            .to_string_lossy();
        let upper = name.to_uppercase();
        if ["LICEN", "COPYING", "NOTICE"]
            .iter()
            .any(|begin| upper.starts_with(begin))
        {
            write!(text, "\n{}", read(&file)?)?;
            found = true;
        }
    }
    ensure!(found, "{} brings no text of its licence", part.name);
    Ok(())
}

/// What npm brings.
fn modules(root: &Path) -> Result<Vec<Component>> {
    /// Of `package.json`.
    #[derive(Deserialize)]
    struct Manifest {
        dependencies: BTreeMap<String, String>,
    }
    let folder = root.join("machine");
    let manifest: Manifest = serde_json::from_str(&read(&folder.join("package.json"))?)?;
    let packages = manifest.dependencies.keys().map(|name| {
        let file = folder.join("node_modules").join(name).join("package.json");
        let mut json: serde_json::Value = serde_json::from_str(&read(&file)?)?;
        // It may be an object with the address in it.
        if let Some(url) = json.pointer_mut("/repository/url") {
            json["repository"] = url.take();
        }
        let mut part: Component = serde_json::from_value(json)?;
        part.manifest_path = file;
        Ok(part)
    });
    packages.collect()
}

/// The crates that are in the machine's program.
fn crates(root: &Path) -> Result<Vec<Component>> {
    let tree = inputs::crates(root, "{p}")?;
    let used: BTreeSet<_> = tree
        .lines()
        .filter_map(|line| line.split_once(" v"))
        .map(|(name, rest)| (name, rest.split(' ').next().unwrap_or(rest)))
        .collect();
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .other_options(["--locked".to_owned()])
        .exec()?;
    let mut crates: Vec<_> = metadata
        .packages
        .into_iter()
        .filter(|package| used.contains(&(package.name.as_str(), &*package.version.to_string())))
        .filter(|package| package.name != "guest")
        .map(|package| Component {
            name: package.name.to_string(),
            version: package.version.to_string(),
            license: package.license,
            repository: package.repository,
            manifest_path: package.manifest_path.into(),
        })
        .collect();
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(crates)
}
