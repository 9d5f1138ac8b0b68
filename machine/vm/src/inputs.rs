//! What an image is made of, and no more: an image is stale when this has changed.
//!
//! A comment doesn't go into an image, nor does a crate that the guest doesn't use, nor how this
//! crate fetches packages, whose bytes are pinned. The place of each word of a listing does: a
//! panic tells it.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};
use sha2::{Digest, Sha256};
use toml::Table;

use super::{files, guest, hex, read};

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
///
/// # Errors
/// An input that is missing; a cargo that can't tell which crates the guest is built of.
pub fn hash(root: &Path) -> Result<String> {
    // With their versions and features, by the lock file.
    let crates = crates(root, "{p} {f}")?;
    with_crates(root, &crates.replace(&root.display().to_string(), ""))
}

fn with_crates(root: &Path, crates: &str) -> Result<String> {
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
    for file in ["machine/guest/Cargo.toml", "machine/parts.toml"] {
        add(file, table(root, file)?.to_string().as_bytes());
    }
    add("Cargo.toml", settings(root)?.as_bytes());
    add("Cargo.lock", crates.as_bytes());
    Ok(hex(hash.finalize()))
}

/// The crates that the guest is built of, a line for each, as `cargo tree` formats them.
pub fn crates(root: &Path, format: &str) -> Result<String> {
    let output = guest::cargo()
        .args([
            "tree",
            "--quiet",
            "--locked",
            "--package",
            "guest",
            "--prefix",
            "none",
        ])
        .args(["--edges", "normal,no-proc-macro", "--format", format])
        .args(["--target", guest::TARGET])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .context("can't start cargo")?;
    ensure!(output.status.success(), "cargo failed, see above");
    Ok(String::from_utf8(output.stdout)?)
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

fn table(root: &Path, file: &str) -> Result<Table> {
    toml::from_str(&read(&root.join(file))?).with_context(|| format!("can't use {file}"))
}

/// What the workspace's manifest says of how the guest is built.
fn settings(root: &Path) -> Result<String> {
    let manifest = table(root, "Cargo.toml")?;
    let of = |tables: [&str; 2]| {
        let inner = manifest.get(tables[0])?.get(tables[1])?;
        Some(format!("{tables:?} {inner}\n"))
    };
    let settings = [
        ["profile", "guest"],
        ["profile", "release"],
        ["workspace", "package"],
    ];
    Ok(settings.into_iter().filter_map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "listings/src/bin/a.rs";
    const MANIFEST: &str = "[workspace]\nmembers = [\"guest\"]\n[workspace.package]\n\
                            edition = \"2024\"\n[profile.guest]\nlto = \"fat\"\n";

    /// A checkout that holds all inputs.
    fn checkout() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("Cargo.toml", MANIFEST),
            (
                LISTING,
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
        ] {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        root
    }

    #[test]
    fn what_goes_in_counts_and_a_comment_does_not() {
        let root = checkout();
        let root = root.path();
        let hash = || with_crates(root, "nix v1").unwrap();
        let before = hash();
        let makes_another = |file: &str, from: &str, to: &str| {
            let old = read(&root.join(file)).unwrap();
            assert!(old.contains(from), "{file}: {from}");
            fs::write(root.join(file), old.replacen(from, to, 1)).unwrap();
            let after = hash();
            fs::write(root.join(file), old).unwrap();
            after != before
        };
        for (file, from, to) in [
            (LISTING, "panic!()", "todo!()"),
            // The place that a panic tells.
            (LISTING, "fn main", "\nfn main"),
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
        ] {
            assert!(makes_another(file, from, to), "{file}: {to}");
        }
        for (file, from, to) in [
            (LISTING, "A point", "Another point"),
            (LISTING, "// Why.", "// Why, and why not."),
            ("machine/guest/Cargo.toml", "# Ours.", "# Theirs."),
            ("machine/parts.toml", "# A day.", ""),
            ("machine/snapshot.mjs", "A script", "It"),
            ("Cargo.toml", "\"guest\"]", "\"guest\", \"more\"]"),
        ] {
            assert!(!makes_another(file, from, to), "{file}: {to}");
        }
        assert_ne!(with_crates(root, "nix v2").unwrap(), before);
        // A listing is called by its name.
        fs::rename(root.join(LISTING), root.join("listings/src/bin/c.rs")).unwrap();
        assert_ne!(hash(), before);
    }
}
