//! Programs built apart from the workspace, all at once, by what the workspace has built already.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use book::programs::{WITHOUT_COLOURS, cargo_build, executables};
use book::project::{Project, read, write_if_changed};
use toml::{Table, Value};

use crate::turn;

/// Builds `sources`, programs by name, as the listings are built: in a package of this name below
/// `target/`. Gives each one's executable, or what the compiler says against it.
///
/// # Errors
/// When the package can't be written, or cargo can't be started.
pub fn build(
    project: &Project,
    package: &str,
    sources: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Result<PathBuf, String>>> {
    let _turn = turn()?;
    let target = project.root.join("target");
    let folder = target.join(package);
    write_package(project, package, &folder, sources)?;

    let mut cargo = cargo_build();
    cargo.args(["--bins", "--keep-going", "--quiet"]);
    let output = in_package(&mut cargo, &folder, &target).output()?;
    let mut built = executables(&output.stdout[..])?;
    sources
        .keys()
        .map(|name| {
            let result = match built.remove(name) {
                Some(executable) => Ok(executable),
                None => Err(refusal(name, &folder, &target)?),
            };
            Ok((name.clone(), result))
        })
        .collect()
}

fn in_package<'a>(cargo: &'a mut Command, folder: &Path, target: &Path) -> &'a mut Command {
    cargo
        .current_dir(folder)
        .arg("--target-dir")
        .arg(target)
        .envs([WITHOUT_COLOURS])
        // There may be hundreds, and most are built once.
        .env("CARGO_INCREMENTAL", "0")
}

/// What the compiler says against a program that wasn't built.
fn refusal(name: &str, folder: &Path, target: &Path) -> Result<String> {
    let mut cargo = cargo_build();
    cargo.args(["--quiet", "--bin", name]);
    let output = in_package(&mut cargo, folder, target).output()?;
    ensure!(
        !output.status.success(),
        "cargo built {name} only when asked again"
    );
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn write_package(
    project: &Project,
    name: &str,
    folder: &Path,
    sources: &BTreeMap<String, String>,
) -> Result<()> {
    let bins = folder.join("src/bin");
    if bins.exists() {
        for stale in fs::read_dir(&bins)? {
            let stale = stale?.path();
            let stem = stale.file_stem().unwrap_or_default().to_string_lossy();
            if !sources.contains_key(&*stem) {
                fs::remove_file(&stale)?;
            }
        }
    }
    for (name, source) in sources {
        write_if_changed(&bins.join(format!("{name}.rs")), source)?;
    }
    write_if_changed(&folder.join("Cargo.toml"), &manifest(project, name)?)?;
    write_if_changed(
        &folder.join("Cargo.lock"),
        &read(&project.root.join("Cargo.lock"))?,
    )?;
    Ok(())
}

/// A package with what listings and solutions may use, built as the workspace builds it.
fn manifest(project: &Project, name: &str) -> Result<String> {
    let root: Table = toml::from_str(&read(&project.root.join("Cargo.toml"))?)?;
    let workspace = &root["workspace"];
    let mut profile = root["profile"].clone();
    // It has none of the packages that are built otherwise.
    let dev = profile["dev"].as_table_mut().context("a table")?;
    dev.remove("package");
    let package = Table::from_iter([
        ("name".to_owned(), Value::from(name)),
        (
            "edition".to_owned(),
            workspace["package"]["edition"].clone(),
        ),
    ]);
    Ok(toml::to_string(&Table::from_iter([
        ("package".to_owned(), package.into()),
        ("dependencies".to_owned(), workspace["dependencies"].clone()),
        // Not one of the workspace that it lies in.
        ("workspace".to_owned(), Table::new().into()),
        ("profile".to_owned(), profile),
    ]))?)
}
