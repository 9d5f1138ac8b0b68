//! The rules that the sources of the book keep.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use mdbook_markdown::pulldown_cmark::{Event, Tag};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

use crate::chapter::{Chapter, Fence, Include, chapters, fences, includes, line_of};
use crate::listing;
use crate::problem::Problem;
use crate::project::{Project, names, read};
use crate::scaffold::is_kebab_case;

/// What would make a page wrong or leave a snippet unproven. Quick: each build asks.
pub fn sources(project: &Project) -> Result<Vec<Problem>> {
    let mut problems = summary(project)?;
    if !problems.is_empty() {
        // mdBook can't load such a book.
        return Ok(problems);
    }
    for chapter in chapters(project)? {
        problems.extend(missing_includes(project, &chapter)?);
        for fence in fences(&chapter.text) {
            problems.extend(rust_fence(project, &chapter, &fence)?);
        }
    }
    Ok(problems)
}

/// What is there and no reader gets, or gets under another's name.
pub fn completeness(project: &Project) -> Result<Vec<Problem>> {
    let chapters = chapters(project)?;
    let listings = names(&project.listings(), "rs")?;
    let fails = names(&project.fails(), "rs")?;
    let mut problems = Vec::new();

    let mut programs = BTreeSet::new();
    let mut shown = BTreeSet::new();
    for chapter in &chapters {
        for include in includes(&chapter.text) {
            shown.insert(target(project, chapter, &include));
        }
        problems.extend(outputs_under_listings(chapter));
    }
    for (dir, names) in [(project.listings(), &listings), (project.fails(), &fails)] {
        for name in names {
            let path = dir.join(format!("{name}.rs"));
            let file = project.relative(&path);
            let mut wrong = |message: &str| problems.push(Problem::new(&file, 1, message));
            if !shown.contains(&path) {
                wrong("no chapter shows this program: include it in one, or delete it");
            }
            if !is_kebab_case(name) {
                wrong("its name isn't kebab-case (like `fork-vs-spawn`): rename it");
            }
            if !programs.insert(name) {
                wrong("listings/src/bin has a program of this name too: rename one");
            }
            if !read(&path)?.starts_with("//! ") {
                wrong("its first line must say its point: `//! ...`");
            }
        }
    }
    for name in names(&project.outputs(), "txt")? {
        let path = project.outputs().join(format!("{name}.txt"));
        let file = project.relative(&path);
        if !programs.contains(&name) {
            problems.push(Problem::new(file, 1, "no program has this name: delete it"));
        } else if !shown.contains(&path) {
            problems.push(Problem::new(
                file,
                1,
                "no chapter shows this output: include it under its listing",
            ));
        }
    }
    Ok(problems)
}

/// SUMMARY.md and the files in `src/` name each other.
fn summary(project: &Project) -> Result<Vec<Problem>> {
    let file = project.src().join("SUMMARY.md");
    let text = read(&file)?;
    let mut problems = Vec::new();
    let mut named = BTreeSet::new();
    for (event, range) in new_cmark_parser(&text, &MarkdownOptions::default()).into_offset_iter() {
        if let Event::Start(Tag::Link { dest_url, .. }) = event
            && !dest_url.is_empty()
        {
            let chapter = project.src().join(dest_url.as_ref());
            if !chapter.is_file() {
                problems.push(Problem::new(
                    project.relative(&file),
                    line_of(&text, range.start),
                    format!(
                        "there is no src/{dest_url}: take the line out, or make the chapter with \
                         `cargo run -- new chapter SLUG \"Title\"`"
                    ),
                ));
            }
            named.insert(chapter);
        }
    }
    for chapter in markdown_below(&project.src())? {
        if chapter != file && !named.contains(&chapter) {
            problems.push(Problem::new(
                project.relative(&chapter),
                1,
                "src/SUMMARY.md doesn't name this chapter, so no reader finds it: add a line there",
            ));
        }
    }
    Ok(problems)
}

fn markdown_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in dir.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(markdown_below(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The file that an include names, without `..`.
fn target(project: &Project, chapter: &Chapter, include: &Include) -> PathBuf {
    let mut path = project.root.join(&chapter.file);
    path.pop();
    for part in Path::new(&include.path).components() {
        match part {
            std::path::Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    path
}

/// mdBook leaves an include that it can't resolve in the page and goes on.
fn missing_includes(project: &Project, chapter: &Chapter) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for include in includes(&chapter.text) {
        let target = target(project, chapter, &include);
        let named = project.relative(&target);
        let named = named.display();
        let is_anchor =
            |part: &str| !part.starts_with(|first: char| first.is_ascii_digit() || first == ':');
        let message = if !target.is_file() {
            if target.starts_with(project.outputs()) {
                format!("there is no {named}: run `cargo run -- record`")
            } else {
                format!("there is no {named}: mend the path, which is relative to this file")
            }
        } else if let Some(anchor) = include.part.as_deref().filter(|part| is_anchor(part))
            && !read(&target)?
                .lines()
                .any(|line| line.trim_end().ends_with(&format!("ANCHOR: {anchor}")))
        {
            format!("{named} has no line `// ANCHOR: {anchor}`")
        } else if target
            .extension()
            .is_some_and(|extension| extension == "md")
            && !fences(&read(&target)?).is_empty()
        {
            format!(
                "{named} has fenced code: include it fence by fence, so that its lines can be named"
            )
        } else {
            continue;
        };
        problems.push(Problem::new(&chapter.file, include.line, message));
    }
    Ok(problems)
}

/// What a Rust fence is for.
pub enum Purpose {
    /// It compiles, runs and exits with 0.
    Runs,
    /// It fails to compile with this code.
    MustNotCompile(String),
}

/// What a fence's info string says, if it is a Rust fence.
///
/// # Errors
/// A Rust fence that would prove nothing: says why.
pub fn purpose(info: &str) -> Option<Result<Purpose, String>> {
    let words: Vec<&str> = info
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect();
    let language = words.first()?.to_ascii_lowercase();
    if !["rust", "rs"].contains(&language.as_str()) && !words.contains(&"rust") {
        return None;
    }
    let is_code = |word: &str| {
        word.strip_prefix('E')
            .is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    Some(match words[..] {
        ["rust"] => Ok(Purpose::Runs),
        ["rust", "compile_fail", code] if is_code(code) => {
            Ok(Purpose::MustNotCompile(code.to_owned()))
        }
        _ => {
            let what = words
                .iter()
                .find(|word| ["ignore", "no_run", "should_panic"].contains(word))
                .map_or_else(
                    || format!("skeptic may pass over a fence `{info}`"),
                    |word| format!("a fence with `{word}` proves nothing"),
                );
            Err(format!(
                "{what}: write `rust` for a program that runs, or `rust,compile_fail,E0000` (with \
                 its code) for one from listings/fails"
            ))
        }
    })
}

fn rust_fence(project: &Project, chapter: &Chapter, fence: &Fence) -> Result<Vec<Problem>> {
    let wrong = |message: String| Ok(vec![Problem::new(&chapter.file, fence.line, message)]);
    let purpose = match purpose(&fence.info) {
        None => return Ok(Vec::new()),
        Some(Err(message)) => return wrong(message),
        Some(Ok(purpose)) => purpose,
    };
    let includes = includes(&fence.body);
    if let [include, ..] = &includes[..]
        && (fence.body.trim().lines().count() > 1 || include.kind != "rustdoc_include")
    {
        return wrong(
            "a Rust fence that includes a program holds nothing but one `{{#rustdoc_include ...}}`"
                .to_owned(),
        );
    }
    let included = includes
        .first()
        .map(|include| target(project, chapter, include));
    let from_fails = included
        .as_ref()
        .filter(|file| file.starts_with(project.fails()));
    match (purpose, from_fails) {
        (Purpose::Runs, None) if fence.body.trim().is_empty() => wrong("the fence is empty".to_owned()),
        (Purpose::Runs, None) => Ok(Vec::new()),
        (Purpose::Runs, Some(_)) => wrong(
            "a program from listings/fails doesn't compile: its fence is `rust,compile_fail,E0000`, \
             with its code"
                .to_owned(),
        ),
        (Purpose::MustNotCompile(_), None) => wrong(
            "what must not compile is included from listings/fails, where its error is proven"
                .to_owned(),
        ),
        (Purpose::MustNotCompile(code), Some(file)) if file.is_file() => {
            let stated = listing::stated_codes(&read(file)?);
            if stated.contains(&code) {
                Ok(Vec::new())
            } else {
                wrong(format!(
                    "the fence says {code}, and {} doesn't state that code",
                    project.relative(file).display()
                ))
            }
        }
        // Reported as a missing include.
        (Purpose::MustNotCompile(_), Some(_)) => Ok(Vec::new()),
    }
}

/// Under each program stand its own command and its own recorded output, and none that was typed.
fn outputs_under_listings(chapter: &Chapter) -> Vec<Problem> {
    let mut problems = Vec::new();
    // The program whose command must come next, and the line of its fence.
    let mut waiting: Option<(String, usize)> = None;
    for fence in fences(&chapter.text) {
        let included = includes(&fence.body)
            .into_iter()
            .next()
            .map(|include| include.path);
        let wrong = |message: String| Problem::new(&chapter.file, fence.line, message);
        if let Some(command) = included.as_deref().and_then(command_of) {
            problems.extend(
                waiting
                    .take()
                    .map(|(command, line)| missing(chapter, line, &command)),
            );
            waiting = Some((command, fence.line));
        } else if fence.info == "console" {
            let (first, rest) = fence.body.split_once('\n').unwrap_or((&fence.body, ""));
            let is_program =
                first.starts_with("$ cargo run --bin ") || first.starts_with("$ rustc ");
            let output = included.as_deref().and_then(output_of);
            if let Some((command, _)) = waiting.take_if(|_| is_program)
                && first != command
            {
                problems.push(wrong(format!(
                    "the command under a program is that program's: `{command}`"
                )));
            } else if let Some(name) = output
                && ![run_command(&name), compile_command(&name)].contains(&first.to_owned())
            {
                problems.push(wrong(format!(
                    "the output of {name} stands under another command: its first line must be \
                     `{}`",
                    run_command(&name)
                )));
            } else if is_program && !rest.trim().is_empty() && !is_one_include(rest) {
                problems.push(wrong(
                    "output is included from listings/outputs, where it was recorded, never typed"
                        .to_owned(),
                ));
            }
        }
    }
    problems.extend(waiting.map(|(command, line)| missing(chapter, line, &command)));
    problems
}

fn missing(chapter: &Chapter, line: usize, command: &str) -> Problem {
    Problem::new(
        &chapter.file,
        line,
        format!(
            "under this program its command and output are missing: a `console` fence that begins with `{command}`"
        ),
    )
}

fn is_one_include(text: &str) -> bool {
    text.trim().lines().count() == 1 && !includes(text).is_empty()
}

fn run_command(name: &str) -> String {
    format!("$ cargo run --bin {name}")
}

fn compile_command(name: &str) -> String {
    format!("$ rustc --edition 2024 listings/fails/{name}.rs")
}

/// The command that belongs under an included program.
fn command_of(path: &str) -> Option<String> {
    let name = |folder| path.split_once(folder)?.1.strip_suffix(".rs");
    name("listings/src/bin/")
        .map(run_command)
        .or_else(|| name("listings/fails/").map(compile_command))
}

fn output_of(path: &str) -> Option<String> {
    let (_, file) = path.split_once("listings/outputs/")?;
    file.strip_suffix(".txt").map(str::to_owned)
}
