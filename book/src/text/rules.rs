//! The rules that the sources of the book keep.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use mdbook_driver::MDBook;
use mdbook_markdown::pulldown_cmark::{Event, Tag};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

use super::chapter::{
    Chapter, Fence, Include, Purpose, chapters, fences, includes, line_of, load, purpose,
};
use super::{chapter, craft, quizzes};
use crate::drawings::{FIGURES, drawn, measured, widgets};
use crate::exercises::{self, SOLUTIONS};
use crate::problem::{Problem, Problems};
use crate::programs::{Kind, OUTPUTS, Program};
use crate::project::{Project, files, has_extension, is_kebab_case, names, read, without_parents};

/// What would make a page wrong or leave a snippet unproven. Quick: each build asks.
pub fn sources(project: &Project) -> Result<Vec<Problem>> {
    let problems = summary(project)?;
    if !problems.is_empty() {
        // mdBook can't load such a book.
        return Ok(problems);
    }
    of_chapters(project, &chapters(project)?)
}

/// The book, loaded once for all that a build does with it.
///
/// # Errors
/// [`Problems`] where the sources break a rule.
pub fn sound(project: &Project) -> Result<MDBook> {
    Problems::check(summary(project)?)?;
    let book = load(project)?;
    Problems::check(of_chapters(project, &chapter::of(project, &book.book)?)?)?;
    Ok(book)
}

fn of_chapters(project: &Project, chapters: &[Chapter]) -> Result<Vec<Problem>> {
    let programs = Program::all(project)?;
    let mut problems = Vec::new();
    for chapter in chapters {
        let missing = missing_includes(project, chapter)?;
        if missing.is_empty() {
            let fences = fences(&chapter.text);
            let wrong = |fence| rust_fence(chapter, fence, &programs);
            problems.extend(fences.iter().filter_map(wrong));
        }
        problems.extend(missing);
    }
    Ok(problems)
}

/// What is there and no reader gets, or gets under another's name.
pub fn completeness(project: &Project) -> Result<Vec<Problem>> {
    let programs = Program::all(project)?;
    let mut problems = Vec::new();
    let mut shown = BTreeSet::new();
    let chapters = chapters(project)?;
    for chapter in &chapters {
        shown.extend(
            includes(&chapter.text)
                .iter()
                .map(|include| target(chapter, include)),
        );
        problems.extend(outputs_under_programs(chapter, &programs));
    }
    problems.extend(quizzes::check(project, &chapters)?);
    problems.extend(exercises::check(project)?);
    problems.extend(craft::check(project, &programs)?);
    problems.extend(drawn::check(project)?);
    let mut names_so_far = BTreeSet::new();
    for program in &programs {
        let mut wrong = |message: &str| problems.push(Problem::new(&program.file, 1, message));
        if !shown.contains(&program.file) {
            wrong("no chapter shows this program: include it in one, or delete it");
        }
        if !is_kebab_case(&program.name) {
            wrong("its name isn't kebab-case (like `fork-vs-spawn`): rename it");
        }
        if !names_so_far.insert(&program.name) {
            wrong("another program has this name too: rename one");
        }
        if !program.source.starts_with("//! ") {
            wrong("its first line must say its point: `//! ...`");
        }
    }
    for name in names(&project.root.join(SOLUTIONS), "rs")? {
        let solution = Path::new(SOLUTIONS).join(format!("{name}.rs"));
        if !shown.contains(&solution) {
            problems.push(Problem::new(
                solution,
                1,
                "no chapter shows this solution: include it under its exercise, or delete both",
            ));
        }
    }
    for name in names(&project.root.join(OUTPUTS), "txt")? {
        let output = Path::new(OUTPUTS).join(format!("{name}.txt"));
        let message = if !programs.iter().any(|program| program.output() == output) {
            "no program has this name: delete it"
        } else if !shown.contains(&output) {
            "no chapter shows this output: include it under its listing"
        } else {
            continue;
        };
        problems.push(Problem::new(output, 1, message));
    }
    for (folder, ending, what) in [
        (measured::CHARTS, "html", "chart"),
        (widgets::WIDGETS, "html", "picture"),
        (FIGURES, "svg", "figure"),
    ] {
        for name in names(&project.root.join(folder), ending)? {
            let file = Path::new(folder).join(format!("{name}.{ending}"));
            if !shown.contains(&file) {
                let message =
                    format!("no chapter shows this {what}: include it in one, or delete it");
                problems.push(Problem::new(file, 1, message));
            }
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
    // What mdBook shows for an unknown path is in no table of contents.
    let unknown = project.src().join("404.md");
    for chapter in files(&project.src())? {
        let chapter = project.src().join(chapter);
        if !has_extension(&chapter, "md") {
            continue;
        }
        let is_quiz = project.relative(&chapter).starts_with(quizzes::PAGES);
        if chapter != file && chapter != unknown && !is_quiz && !named.contains(&chapter) {
            problems.push(Problem::new(
                project.relative(&chapter),
                1,
                "src/SUMMARY.md doesn't name this chapter, so no reader finds it: add a line there",
            ));
        }
    }
    Ok(problems)
}

/// The file that an include names, relative to the root of the checkout.
fn target(chapter: &Chapter, include: &Include) -> PathBuf {
    without_parents(&chapter.file.with_file_name(&include.path))
}

/// mdBook leaves an include that it can't resolve in the page and goes on.
fn missing_includes(project: &Project, chapter: &Chapter) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for include in includes(&chapter.text) {
        let target = target(chapter, &include);
        let file = project.root.join(&target);
        let named = target.display();
        let is_anchor =
            |part: &&str| !part.starts_with(|first: char| first.is_ascii_digit() || first == ':');
        let message = if !file.is_file() {
            let made = [
                OUTPUTS,
                measured::CHARTS,
                measured::FIGURES,
                widgets::WIDGETS,
                quizzes::PAGES,
            ];
            if made.iter().any(|made| target.starts_with(made)) {
                format!("there is no {named}: run `cargo run -- record`")
            } else {
                format!("there is no {named}: mend the path, which is relative to this file")
            }
        } else if let Some(anchor) = include.part.as_deref().filter(is_anchor)
            && !read(&file)?
                .lines()
                .any(|line| line.trim_end().ends_with(&format!("ANCHOR: {anchor}")))
        {
            format!("{named} has no line `// ANCHOR: {anchor}`")
        } else if has_extension(&target, "md") && !fences(&read(&file)?).is_empty() {
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

fn rust_fence(chapter: &Chapter, fence: &Fence, programs: &[Program]) -> Option<Problem> {
    let wrong = |message: String| Some(Problem::new(&chapter.file, fence.line, message));
    let purpose = match purpose(&fence.info)? {
        Err(message) => return wrong(message),
        Ok(purpose) => purpose,
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
    let must_not_compile = includes.first().and_then(|include| {
        let file = target(chapter, include);
        programs
            .iter()
            .find(|program| program.kind == Kind::Fail && program.file == file)
    });
    match (purpose, must_not_compile) {
        (Purpose::Runs, None) if fence.body.trim().is_empty() => {
            wrong("the fence is empty".to_owned())
        }
        (Purpose::Runs, None) => None,
        (Purpose::Runs, Some(_)) => wrong(
            "a program from listings/fails doesn't compile: its fence is `rust,compile_fail,E0000`, \
             with its code"
                .to_owned(),
        ),
        (Purpose::MustNotCompile(_), None) => wrong(
            "what must not compile is included from listings/fails, where its error is proven"
                .to_owned(),
        ),
        (Purpose::MustNotCompile(code), Some(program)) => {
            if program.stated_codes().contains(&code) {
                return None;
            }
            wrong(format!(
                "the fence says {code}, and {} doesn't state that code",
                program.file.display()
            ))
        }
    }
}

/// Under each program stand its own command and its own recorded output, and none that was typed.
fn outputs_under_programs(chapter: &Chapter, programs: &[Program]) -> Vec<Problem> {
    let mut problems = Vec::new();
    // The program whose command must come next, and the line of its fence.
    let mut waiting: Option<(&Program, usize)> = None;
    let missing = |(program, line): (&Program, usize)| {
        let message = format!(
            "under this program its command and output are missing: a `console` fence that begins \
             with `{}`",
            program.command()
        );
        Problem::new(&chapter.file, line, message)
    };
    for fence in fences(&chapter.text) {
        let included = includes(&fence.body);
        let included = included.first().map(|include| target(chapter, include));
        let is_included = |file: &Path| included.as_deref() == Some(file);
        if let Some(program) = programs.iter().find(|program| is_included(&program.file)) {
            problems.extend(waiting.replace((program, fence.line)).map(missing));
            continue;
        }
        if fence.info != "console" {
            continue;
        }
        let (command, rest) = fence.body.split_once('\n').unwrap_or((&fence.body, ""));
        let runs_a_program =
            command.starts_with("$ cargo run --bin ") || command.starts_with("$ rustc ");
        let recorded = programs
            .iter()
            .find(|program| is_included(&program.output()));
        let message = if runs_a_program
            && let Some((program, _)) = waiting.take()
            && command != program.command()
        {
            format!(
                "the command under a program is that program's: `{}`",
                program.command()
            )
        } else if let Some(program) = recorded
            && command != program.command()
        {
            format!(
                "the output of {} stands under another command: its first line must be `{}`",
                program.name,
                program.command()
            )
        } else if runs_a_program
            && !rest.trim().is_empty()
            && (includes(rest).is_empty() || rest.trim().lines().count() > 1)
        {
            "output is included from listings/outputs, where it was recorded, never typed"
                .to_owned()
        } else {
            continue;
        };
        problems.push(Problem::new(&chapter.file, fence.line, message));
    }
    problems.extend(waiting.map(missing));
    problems
}
