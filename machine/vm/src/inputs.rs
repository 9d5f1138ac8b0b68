//! What an image is made of, and no more: an image is stale when this has changed.
//!
//! A comment doesn't go into an image, nor does a crate that the guest doesn't use, nor how this
//! crate fetches packages, whose bytes are pinned. The place of each word of a listing does: a
//! panic tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::{files, hex, read};

/// The Rust that is compiled into the guest; a folder stands for all in it.
const COMPILED: [&str; 3] = [
    "listings/src/bin",
    "listings/with-tokio/src/bin",
    "machine/guest",
];

/// What goes into the image as it is, or decides what does.
const VERBATIM: [&str; 3] = [
    "machine/licences.txt",
    "machine/package-lock.json",
    "machine/root",
];

/// Scripts that make the image. A line that is a comment doesn't count.
const SCRIPTS: [&str; 2] = ["machine/snapshot.mjs", "machine/web/hardware.mjs"];

/// How the parts are put together, as this crate was compiled.
const RECIPE: [&str; 4] = [
    include_str!("guest.rs"),
    include_str!("initramfs.rs"),
    include_str!("licences.rs"),
    include_str!("make.rs"),
];

/// The hash of all inputs in the checkout `root`.
pub fn hash(root: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let mut add = |name: &str, bytes: &[u8]| {
        for part in [name.as_bytes(), bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    };
    for folder in COMPILED {
        for file in below(root, folder)? {
            if file.ends_with(".rs") {
                let words = words(&read(&root.join(&file))?, true);
                add(&file, words.as_bytes());
            }
        }
    }
    for source in VERBATIM {
        for file in below(root, source)? {
            let path = root.join(&file);
            let bytes =
                fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
            add(&file, &bytes);
        }
    }
    for script in SCRIPTS {
        let text = read(&root.join(script))?;
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        add(
            script,
            Vec::from_iter(text.lines().filter(is_code))
                .join("\n")
                .as_bytes(),
        );
    }
    for recipe in RECIPE {
        let code = recipe.split("\n#[cfg(test)]").next().unwrap_or(recipe);
        add("the recipe", words(code, false).as_bytes());
    }
    for table in ["machine/guest/Cargo.toml", "machine/parts.toml"] {
        add(table, table_of(root, table)?.to_string().as_bytes());
    }
    let crates = crates(&read(&root.join("Cargo.lock"))?)?;
    let settings = settings(table_of(root, "Cargo.toml")?, &crates);
    add("Cargo.toml", settings.to_string().as_bytes());
    for (name, versions) in crates {
        add(&name, versions.concat().as_bytes());
    }
    Ok(hex(hash.finalize()))
}

/// The file, or those below the folder, from the root of the checkout.
fn below(root: &Path, source: &str) -> Result<Vec<String>> {
    if !root.join(source).is_dir() {
        return Ok(vec![source.to_owned()]);
    }
    let files = files(&root.join(source))?.into_iter();
    Ok(files
        .map(|file| format!("{source}/{}", file.display()))
        .collect())
}

/// A Rust source without its comments and white space: its words, each perhaps with line and column.
fn words(source: &str, with_places: bool) -> String {
    let (mut words, mut at) = (String::new(), 0);
    for token in tokenize(source, FrontmatterAllowed::No) {
        let start = at;
        at += token.len as usize;
        if matches!(
            token.kind,
            TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. }
        ) {
            continue;
        }
        if with_places {
            let line = source[..start].matches('\n').count() + 1;
            let column = source[..start]
                .chars()
                .rev()
                .take_while(|c| *c != '\n')
                .count()
                + 1;
            words += &format!("{line}:{column} ");
        }
        words += &source[start..at];
        words.push('\n');
    }
    words
}

fn table_of(root: &Path, file: &str) -> Result<Table> {
    toml::from_str(&read(&root.join(file))?).with_context(|| format!("can't use {file}"))
}

/// What the workspace's manifest says of the guest: its profile, its edition, and the features of
/// its crates.
fn settings(mut manifest: Table, crates: &BTreeMap<String, Vec<String>>) -> Table {
    let mut profiles = take(&mut manifest, "profile");
    let mut workspace = take(&mut manifest, "workspace");
    let mut dependencies = take(&mut workspace, "dependencies");
    dependencies.retain(|name, _| crates.contains_key(name));
    profiles.retain(|name, _| ["guest", "release"].contains(&name));
    let package = take(&mut workspace, "package");
    [
        ("profile", profiles),
        ("package", package),
        ("dependencies", dependencies),
    ]
    .map(|(name, table)| (name.to_owned(), Value::Table(table)))
    .into_iter()
    .collect()
}

fn take(table: &mut Table, name: &str) -> Table {
    match table.remove(name) {
        Some(Value::Table(inner)) => inner,
        _ => Table::new(),
    }
}

/// The crates that the guest may be built of, by the lock file, with version and checksum. Those
/// for other systems are among them.
fn crates(lock: &str) -> Result<BTreeMap<String, Vec<String>>> {
    #[derive(Deserialize)]
    struct Lock {
        #[serde(default)]
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
        #[serde(default)]
        checksum: String,
        #[serde(default)]
        dependencies: Vec<String>,
    }
    let lock: Lock = toml::from_str(lock).context("can't use Cargo.lock")?;
    let mut crates: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut look = vec!["guest"];
    // Each is `NAME`, or `NAME VERSION` where there are several.
    while let Some(wanted) = look.pop() {
        let (name, version) = wanted.split_once(' ').unwrap_or((wanted, ""));
        for found in &lock.package {
            let is_it = found.name == name && (version.is_empty() || found.version == version);
            if is_it && seen.insert((&found.name, &found.version)) {
                let pinned = format!("{} {}\n", found.version, found.checksum);
                crates.entry(found.name.clone()).or_default().push(pinned);
                look.extend(found.dependencies.iter().map(String::as_str));
            }
        }
    }
    for versions in crates.values_mut() {
        versions.sort();
    }
    Ok(crates)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A checkout that holds all inputs.
    pub fn checkout() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in INPUTS {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        root
    }

    const INPUTS: [(&str, &str); 12] = [
        ("Cargo.toml", MANIFEST),
        ("Cargo.lock", LOCK),
        (
            "listings/src/bin/a.rs",
            "//! A point.\nfn main() {\n    panic!(); // Why.\n}\n",
        ),
        ("listings/with-tokio/src/bin/b.rs", "fn main() {}\n"),
        ("machine/guest/src/main.rs", "fn main() {}\n"),
        (
            "machine/guest/Cargo.toml",
            "[package] # Ours.\nname = \"guest\"\n",
        ),
        ("machine/parts.toml", "snapshot = \"1\" # A day.\n"),
        ("machine/licences.txt", "a"),
        ("machine/package-lock.json", "{}"),
        ("machine/root/etc/inittab", "# Kept.\n"),
        ("machine/snapshot.mjs", "// A script.\nlet a;\n"),
        ("machine/web/hardware.mjs", "let b;\n"),
    ];
    const MANIFEST: &str = "\
[workspace]
members = [\"guest\"]
[workspace.package]
edition = \"2024\"
[workspace.dependencies]
nix = \"1\"
loom = \"1\"
[profile.guest]
lto = \"fat\"
";
    const LOCK: &str = "\
[[package]]
name = \"guest\"
version = \"0.0.0\"
dependencies = [\"nix 1.0.0\"]
[[package]]
name = \"nix\"
version = \"1.0.0\"
checksum = \"n\"
dependencies = [\"libc\"]
[[package]]
name = \"nix\"
version = \"0.9.0\"
checksum = \"o\"
[[package]]
name = \"libc\"
version = \"2.0.0\"
checksum = \"l\"
[[package]]
name = \"loom\"
version = \"3.0.0\"
checksum = \"m\"
";

    #[test]
    fn what_goes_in_counts_and_a_comment_or_a_crate_of_others_does_not() {
        let root = checkout();
        let root = root.path();
        let before = hash(root).unwrap();
        let with = |file: &str, from: &str, to: &str| {
            let old = read(&root.join(file)).unwrap();
            assert!(old.contains(from), "{file}: {from}");
            fs::write(root.join(file), old.replacen(from, to, 1)).unwrap();
            let changed = hash(root).unwrap() != before;
            fs::write(root.join(file), old).unwrap();
            changed
        };
        let listing = "listings/src/bin/a.rs";
        for (file, from, to) in [
            (listing, "panic!()", "todo!()"),
            // The place that a panic tells.
            (listing, "fn main", "\nfn main"),
            ("listings/with-tokio/src/bin/b.rs", "main", "mian"),
            ("machine/guest/src/main.rs", "{}", "{ 1; }"),
            ("machine/guest/Cargo.toml", "\"guest\"", "\"host\""),
            ("machine/parts.toml", "\"1\"", "\"2\""),
            ("machine/licences.txt", "a", "b"),
            ("machine/package-lock.json", "{}", "[]"),
            ("machine/root/etc/inittab", "Kept", "Here too"),
            ("machine/snapshot.mjs", "let a", "let c"),
            ("machine/web/hardware.mjs", "let b", "let c"),
            ("Cargo.toml", "\"fat\"", "\"thin\""),
            ("Cargo.toml", "2024", "2021"),
            ("Cargo.toml", "nix = \"1\"", "nix = \"2\""),
            ("Cargo.lock", "2.0.0", "2.0.1"),
            ("Cargo.lock", "checksum = \"n\"", "checksum = \"x\""),
        ] {
            assert!(with(file, from, to), "{file}: {to} makes another image");
        }
        for (file, from, to) in [
            (listing, "A point", "Another point"),
            (listing, "// Why.", "// Why, and why not."),
            ("machine/guest/Cargo.toml", "# Ours.", "# Theirs."),
            ("machine/parts.toml", "# A day.", ""),
            ("machine/snapshot.mjs", "A script", "It"),
            ("Cargo.toml", "\"guest\"]", "\"guest\", \"more\"]"),
            ("Cargo.toml", "loom = \"1\"", "loom = \"2\""),
            ("Cargo.lock", "3.0.0", "3.0.1"),
            ("Cargo.lock", "0.9.0", "0.9.1"),
        ] {
            assert!(!with(file, from, to), "{file}: {to} makes the same image");
        }
        fs::rename(root.join(listing), root.join("listings/src/bin/c.rs")).unwrap();
        assert_ne!(
            hash(root).unwrap(),
            before,
            "a listing is called by its name"
        );
    }
}
