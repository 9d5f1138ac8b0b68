//! New chapters and what stands in them, from templates that pass all checks.

mod place;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::drawings::FIGURES;
use crate::exercises;
use crate::generated::record;
use crate::near;
use crate::programs::{self, Choice, rustfmt};
use crate::project::{Project, is_kebab_case, read, write_if_changed};
use crate::text::chapter::{self, line_of, slugs};
use crate::text::quizzes;

/// Where the mutants of a listing lie, as `NAME.toml`.
const MUTANTS: &str = "tests/mutants";

/// Programs that the compiler refuses with one code: the errors by which Rust keeps threads from
/// harm, and their kin.
const FAILS: [(&str, &str); 8] = [
    ("E0277", include_str!("fails/E0277.rs.txt")),
    ("E0373", include_str!("fails/E0373.rs.txt")),
    ("E0382", include_str!("fails/E0382.rs.txt")),
    ("E0499", include_str!("fails/E0499.rs.txt")),
    ("E0502", include_str!("fails/E0502.rs.txt")),
    ("E0505", include_str!("fails/E0505.rs.txt")),
    ("E0596", include_str!("fails/E0596.rs.txt")),
    ("E0597", include_str!("fails/E0597.rs.txt")),
];

/// Makes `listings/src/bin/NAME.rs`, its recorded output and its mutants, and shows it in a chapter
/// if one is given.
///
/// # Errors
/// A name that exists, as a listing or in `listings/fails/`, or that isn't kebab-case; a chapter
/// that doesn't exist.
pub fn new_listing(project: &Project, name: &str, chapter: Option<&str>) -> Result<()> {
    free_name(project, name)?;
    let chapter = Place::of(project, chapter)?;
    let [file, ..] = programs::files(name);
    let mutants = Path::new(MUTANTS).join(format!("{name}.toml"));
    create(project, &file, include_str!("listing.rs.txt"))?;
    create(project, &mutants, include_str!("mutants.toml.txt"))?;
    record(project, &Choice::Named(vec![name.to_owned()]))?;
    chapter.show(&format!(
        "```rust\n{{{{#rustdoc_include ../{}}}}}\n```\n\n\
         ```console\n$ cargo run --bin {name}\n{{{{#include ../listings/outputs/{name}.txt}}}}\n```\n",
        file.display()
    ))?;
    println!(
        "Next: write it, and in {} what must make it fail; then `cargo run -- record {name}`.",
        mutants.display()
    );
    Ok(())
}

/// Makes `listings/fails/NAME.rs`, which fails to compile with `code`, records what the compiler
/// says, and shows it in a chapter if one is given.
///
/// # Errors
/// Those of [`new_listing`]; a code that no template has.
pub fn new_fail(project: &Project, name: &str, code: &str, chapter: Option<&str>) -> Result<()> {
    free_name(project, name)?;
    let chapter = Place::of(project, chapter)?;
    let Some((_, program)) = FAILS.iter().find(|(known, _)| *known == code) else {
        bail!(
            "there is no template for {code}: take one of {}, then change the program, its line \
             `//! Must not compile` and the fence in the chapter",
            FAILS.map(|(known, _)| known).join(", ")
        );
    };
    let [.., file] = programs::files(name);
    create(project, &file, program)?;
    record(project, &Choice::Named(vec![name.to_owned()]))?;
    chapter.show(&format!(
        "```rust,compile_fail,{code}\n{{{{#rustdoc_include ../{file}}}}}\n```\n\n\
         ```console\n$ rustc --edition 2024 {file}\n{{{{#include ../listings/outputs/{name}.txt}}}}\n```\n",
        file = file.display()
    ))?;
    println!("Next: write it, then `cargo run -- record {name}`.");
    Ok(())
}

/// Makes the task, the solution and the test of a chapter's exercise, and shows them there.
///
/// # Errors
/// A chapter that doesn't exist, or has an exercise.
pub fn new_exercise(project: &Project, slug: &str) -> Result<()> {
    let chapter = Place::of(project, Some(slug))?;
    let name = slug.replace('-', "_");
    let files = exercises::files(&name);
    for file in &files {
        ensure_new(project, file)?;
    }
    let texts = [
        include_str!("task.rs.txt"),
        include_str!("solution.rs.txt"),
        include_str!("test.rs.txt"),
    ];
    for (file, text) in files.iter().zip(texts) {
        create(project, file, &text.replace("NAME", &name))?;
    }
    // The long name of a chapter breaks a line.
    rustfmt(&files.each_ref().map(|file| project.root.join(file)))?;
    let [task, solution, _] = files.each_ref().map(|file| file.display());
    let shown = format!(
        "Write it in `{task}`, which has a test that fails until you do:\n\n\
         ```console\n$ cargo test -p exercises --test {name} -- --ignored\n```\n\n\
         <details><summary>A solution</summary>\n\n\
         ```rust\n{{{{#rustdoc_include ../{solution}}}}}\n```\n\n</details>\n"
    );
    chapter.show_by(&shown, place::in_exercise)?;
    println!(
        "Next: write all three, then `cargo test -p exercises --features solutions --test {name} -- \
         --ignored`."
    );
    Ok(())
}

/// Makes `src/figures/NAME.svg`, and shows it in a chapter if one is given.
///
/// # Errors
/// A name that exists, or that isn't kebab-case; a chapter that doesn't exist.
pub fn new_figure(project: &Project, name: &str, chapter: Option<&str>) -> Result<()> {
    kebab_case(name)?;
    let file = Path::new(FIGURES).join(format!("{name}.svg"));
    ensure_new(project, &file)?;
    let chapter = Place::of(project, chapter)?;
    let figure = include_str!("figure.svg.txt").replace("NAME", name);
    create(project, &file, &figure)?;
    chapter.show(&format!("{{{{#include figures/{name}.svg}}}}\n"))?;
    println!("Next: draw it, and say in its `<desc>` all that can be seen.");
    Ok(())
}

/// Makes `src/SLUG.md`, its quiz, and its line in SUMMARY.md, behind the last numbered chapter.
///
/// # Errors
/// A slug that exists or isn't kebab-case; an empty title.
pub fn new_chapter(project: &Project, slug: &str, title: &str) -> Result<()> {
    kebab_case(slug)?;
    let title = title.trim();
    if title.is_empty() || title.contains(['\n', '[', ']']) {
        bail!("a title is one line of text without brackets, like \"Memory space\"");
    }
    let file = chapter::file(slug);
    let quiz = quizzes::data(slug);
    ensure_new(project, &file)?;
    ensure_new(project, &quiz)?;
    let summary = project.src().join("SUMMARY.md");
    let text = read(&summary)?;
    let mut lines: Vec<&str> = text.lines().collect();
    let is_chapter = |line: &&str| line.trim_start().starts_with("- [");
    let last = lines.iter().rposition(is_chapter).context(
        "src/SUMMARY.md has no line like `- [Title](chapter.md)` to add the chapter behind: add \
         one",
    )?;
    let line = format!("- [{title}]({slug}.md)");
    lines.insert(last + 1, &line);
    let chapter = include_str!("chapter.md.txt")
        .replace("TITLE", title)
        .replace("SLUG", slug);
    create(project, &file, &chapter)?;
    create(project, &quiz, include_str!("quiz.toml.txt"))?;
    write_if_changed(&summary, &(lines.join("\n") + "\n"))?;
    quizzes::write_pages(project)?;
    println!("Its line in src/SUMMARY.md is behind the last: move it to its place. Next: write.");
    Ok(())
}

/// Where what is new is shown.
struct Place<'a> {
    project: &'a Project,
    chapter: Option<PathBuf>,
}

impl<'a> Place<'a> {
    /// # Errors
    /// A chapter that doesn't exist.
    fn of(project: &'a Project, slug: Option<&str>) -> Result<Self> {
        if let Some(slug) = slug
            && !project.has(chapter::file(slug))
        {
            bail!(
                "there is no src/{slug}.md{}: make it with `cargo run -- new chapter {slug} \
                 \"Title\"`",
                near::but(slug, &slugs(project)?)
            );
        }
        let chapter = slug.map(chapter::file);
        Ok(Self { project, chapter })
    }

    /// Shows a block in the chapter, before its exercise; without a chapter says what to show.
    fn show(&self, block: &str) -> Result<()> {
        self.show_by(block, place::before_exercise)
    }

    fn show_by(&self, block: &str, placed: fn(&str, &str) -> String) -> Result<()> {
        let Some(chapter) = &self.chapter else {
            println!("Show it in a chapter:\n\n{block}");
            return Ok(());
        };
        let file = self.project.root.join(chapter);
        let text = placed(&read(&file)?, block);
        let line = text.find(block.trim()).map_or(1, |at| line_of(&text, at));
        write_if_changed(&file, &text)?;
        println!("It stands in {}:{line}.", chapter.display());
        Ok(())
    }
}

/// # Errors
/// A name that isn't kebab-case, or that a program has.
fn free_name(project: &Project, name: &str) -> Result<()> {
    kebab_case(name)?;
    for file in programs::files(name) {
        ensure_new(project, &file)?;
    }
    Ok(())
}

/// # Errors
/// A file that exists.
fn ensure_new(project: &Project, file: &Path) -> Result<()> {
    if project.root.join(file).exists() {
        bail!("{} exists: choose another name", file.display());
    }
    Ok(())
}

/// Writes a new file, and never over one that exists.
fn create(project: &Project, file: &Path, text: &str) -> Result<()> {
    let path = project.root.join(file);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    }
    File::create_new(&path)
        .and_then(|mut new| new.write_all(text.as_bytes()))
        .with_context(|| format!("can't make {}", file.display()))?;
    println!("{} is made.", file.display());
    Ok(())
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
