//! New listings and chapters, from templates that pass all checks.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::generated::record;
use crate::programs::{self, Choice};
use crate::project::{Project, is_kebab_case, read, write_if_changed};

/// Makes `listings/src/bin/NAME.rs` and its recorded output, and shows both at the end of a chapter
/// if one is given.
///
/// # Errors
/// A name that exists, as a listing or in `listings/fails/`, or that isn't kebab-case; a chapter
/// that doesn't exist.
pub fn new_listing(project: &Project, name: &str, chapter: Option<&str>) -> Result<()> {
    kebab_case(name)?;
    let files = programs::files(name);
    if let Some(taken) = files.iter().find(|file| project.root.join(file).exists()) {
        bail!("{} exists: choose another name", taken.display());
    }
    let chapter = chapter.map(|slug| project.src().join(format!("{slug}.md")));
    if let Some(missing) = chapter.as_deref().filter(|chapter| !chapter.is_file()) {
        bail!(
            "there is no {}: make it with `cargo run -- new chapter SLUG \"Title\"`",
            project.relative(missing).display()
        );
    }
    let shown = format!(
        "```rust\n{{{{#rustdoc_include ../listings/src/bin/{name}.rs}}}}\n```\n\n\
         ```console\n$ cargo run --bin {name}\n{{{{#include ../listings/outputs/{name}.txt}}}}\n```\n"
    );
    let [file, ..] = files;
    create(&project.root.join(&file), include_str!("listing.rs.txt"))?;
    println!("{} is made.", file.display());
    record(project, &Choice::Named(vec![name.to_owned()]))?;
    if let Some(chapter) = chapter {
        write_if_changed(&chapter, &format!("{}\n{shown}", read(&chapter)?))?;
        println!(
            "It stands at the end of {}.",
            project.relative(&chapter).display()
        );
    } else {
        println!("Show it in a chapter:\n\n{shown}");
    }
    println!("Next: write it, then `cargo run -- record {name}`.");
    Ok(())
}

/// Makes `src/SLUG.md` and its line in SUMMARY.md, behind the last numbered chapter.
///
/// # Errors
/// A slug that exists or isn't kebab-case; an empty title.
pub fn new_chapter(project: &Project, slug: &str, title: &str) -> Result<()> {
    kebab_case(slug)?;
    let title = title.trim();
    if title.is_empty() || title.contains(['\n', '[', ']']) {
        bail!("a title is one line of text without brackets, like \"Memory space\"");
    }
    let file = project.src().join(format!("{slug}.md"));
    if file.exists() {
        bail!(
            "{} exists: choose another name",
            project.relative(&file).display()
        );
    }
    let summary = project.src().join("SUMMARY.md");
    let text = read(&summary)?;
    let mut lines: Vec<&str> = text.lines().collect();
    let last = lines
        .iter()
        .rposition(|line| line.trim_start().starts_with("- ["))
        .with_context(|| {
            format!(
                "{} has no line like `- [Title](chapter.md)` to add the chapter behind: add one",
                project.relative(&summary).display()
            )
        })?;
    let line = format!("- [{title}]({slug}.md)");
    lines.insert(last + 1, &line);
    create(
        &file,
        &include_str!("chapter.md.txt").replace("TITLE", title),
    )?;
    write_if_changed(&summary, &(lines.join("\n") + "\n"))?;
    println!(
        "{} is made, and its line in src/SUMMARY.md. Next: move the line to its place, and write.",
        project.relative(&file).display()
    );
    Ok(())
}

/// Writes a new file, and never over one that exists.
fn create(file: &Path, text: &str) -> Result<()> {
    let mut open = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .with_context(|| format!("can't make {}", file.display()))?;
    open.write_all(text.as_bytes())
        .with_context(|| format!("can't write {}", file.display()))
}

fn kebab_case(name: &str) -> Result<()> {
    if !is_kebab_case(name) {
        bail!(
            "\"{name}\" isn't kebab-case: small letters and digits in words joined by single \
             hyphens, the first of them a letter, like fork-vs-spawn"
        );
    }
    Ok(())
}
