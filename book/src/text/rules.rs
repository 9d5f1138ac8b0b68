//! The rules that the sources of the book keep.

use std::collections::BTreeSet;
use std::mem;
use std::path::{Path, PathBuf};

use anyhow::Result;
use mdbook_driver::MDBook;
use mdbook_markdown::pulldown_cmark::{Event, Tag};

use super::chapter::{
    Chapter, Fence, Purpose, chapters, events, fences, includes, line_of, load, purpose,
};
use super::{chapter, craft, line_ends, quizzes};
use crate::drawings::{FIGURES, drawn, measured, widgets};
use crate::exercises::{self, SOLUTIONS};
use crate::problem::{Problem, Problems};
use crate::programs::{Kind, OUTPUTS, Program};
use crate::project::{Project, files, has_extension, is_kebab_case};

/// What would make a page wrong or leave a snippet unproven. Quick: each build asks.
pub fn sources(project: &Project) -> Result<Vec<Problem>> {
    let problems = before_loading(project)?;
    if !problems.is_empty() {
        return Ok(problems);
    }
    of_chapters(project, &chapters(project)?)
}

/// The book, loaded once for all that a build does with it.
///
/// # Errors
/// [`Problems`] where the sources break a rule.
pub fn sound(project: &Project) -> Result<MDBook> {
    Problems::check(before_loading(project)?)?;
    let book = load(project)?;
    Problems::check(of_chapters(project, &chapter::of(project, &book.book)?)?)?;
    Ok(book)
}

/// What comes first: other line ends let all else seem changed, and without its chapters mdBook can't
/// load a book.
fn before_loading(project: &Project) -> Result<Vec<Problem>> {
    let mut problems = line_ends::check(project);
    problems.extend(summary(project)?);
    Ok(problems)
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
    let chapters = chapters(project)?;
    let mut problems = Vec::new();
    for chapter in &chapters {
        problems.extend(outputs_under_programs(chapter, &programs));
    }
    problems.extend(quizzes::check(project, &chapters)?);
    problems.extend(exercises::check(project)?);
    problems.extend(craft::check(project, &programs)?);
    problems.extend(drawn::check(project)?);
    problems.extend(shown_nowhere(project, &chapters, &programs)?);
    let mut names = BTreeSet::new();
    for program in &programs {
        let mut wrong = |message: &str| problems.push(Problem::new(&program.file, 1, message));
        if !is_kebab_case(&program.name) {
            wrong("its name isn't kebab-case (like `fork-vs-spawn`): rename it");
        }
        if !names.insert(&program.name) {
            wrong("another program has this name too: rename one");
        }
        if !program.source.starts_with("//! ") {
            wrong("its first line must say its point: `//! ...`");
        }
    }
    Ok(problems)
}

/// What is made for the chapters, and none includes.
fn shown_nowhere(
    project: &Project,
    chapters: &[Chapter],
    programs: &[Program],
) -> Result<Vec<Problem>> {
    let mut shown = BTreeSet::new();
    for chapter in chapters {
        let includes = includes(&chapter.text).into_iter();
        shown.extend(includes.map(|include| include.target(&chapter.file)));
    }
    let mut problems = Vec::new();
    let mut must_show = |files: Vec<PathBuf>, what: &str| {
        let missing = files.into_iter().filter(|file| !shown.contains(file));
        let message = format!("no chapter shows this {what}");
        problems.extend(missing.map(|file| Problem::new(file, 1, &*message)));
    };
    let sources = programs.iter().map(|program| program.file.clone());
    let either = "include it in one, or delete it";
    must_show(sources.collect(), &format!("program: {either}"));
    must_show(
        project.list(SOLUTIONS, "rs")?,
        "solution: include it under its exercise, or delete both",
    );
    for (folder, ending, what) in [
        (measured::CHARTS, "html", "chart"),
        (widgets::WIDGETS, "html", "picture"),
        (FIGURES, "svg", "figure"),
    ] {
        must_show(project.list(folder, ending)?, &format!("{what}: {either}"));
    }
    let outputs = project.list(OUTPUTS, "txt")?.into_iter();
    let (outputs, orphans): (Vec<_>, Vec<_>) =
        outputs.partition(|output| programs.iter().any(|program| program.output() == *output));
    must_show(outputs, "output: include it under its listing");
    let message = "no program has this name: delete it";
    problems.extend(
        orphans
            .iter()
            .map(|output| Problem::new(output, 1, message)),
    );
    Ok(problems)
}

/// SUMMARY.md and the files in `src/` name each other.
fn summary(project: &Project) -> Result<Vec<Problem>> {
    let src = Path::new("src");
    let file = src.join("SUMMARY.md");
    let text = project.read(&file)?;
    let mut problems = Vec::new();
    // What mdBook shows for an unknown path is in no table of contents.
    let mut named = BTreeSet::from([file.clone(), src.join("404.md")]);
    for (event, range) in events(&text) {
        if let Event::Start(Tag::Link { dest_url, .. }) = event
            && !dest_url.is_empty()
        {
            let chapter = src.join(dest_url.as_ref());
            if !project.has(&chapter) {
                let message = format!(
                    "there is no src/{dest_url}: take the line out, or make the chapter with \
                     `cargo run -- new chapter SLUG \"Title\"`"
                );
                problems.push(Problem::new(&file, line_of(&text, range.start), message));
            }
            named.insert(chapter);
        }
    }
    for chapter in files(&project.src())? {
        let chapter = src.join(chapter);
        if has_extension(&chapter, "md")
            && !chapter.starts_with(quizzes::PAGES)
            && !named.contains(&chapter)
        {
            let message = "src/SUMMARY.md doesn't name this chapter, so no reader finds it: add a \
                           line there";
            problems.push(Problem::new(chapter, 1, message));
        }
    }
    Ok(problems)
}

/// What `cargo run -- record` makes.
const MADE: [&str; 5] = [
    OUTPUTS,
    measured::CHARTS,
    measured::FIGURES,
    widgets::WIDGETS,
    quizzes::PAGES,
];

/// Whether the part of a file that is included isn't a range of lines.
fn is_anchor(part: &&str) -> bool {
    !part.starts_with(|first: char| first.is_ascii_digit() || first == ':')
}

fn has_anchor(text: &str, anchor: &str) -> bool {
    let line = format!("ANCHOR: {anchor}");
    text.lines().any(|it| it.trim_end().ends_with(&line))
}

/// mdBook leaves an include that it can't resolve in the page and goes on.
fn missing_includes(project: &Project, chapter: &Chapter) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for include in includes(&chapter.text) {
        let target = include.target(&chapter.file);
        let named = target.display();
        let message = if !project.has(&target) {
            if MADE.iter().any(|made| target.starts_with(made)) {
                format!("there is no {named}: run `cargo run -- record`")
            } else {
                format!("there is no {named}: mend the path, which is relative to this file")
            }
        } else if let Some(anchor) = include.part.as_deref().filter(is_anchor)
            && !has_anchor(&project.read(&target)?, anchor)
        {
            format!("{named} has no line `// ANCHOR: {anchor}`")
        } else if has_extension(&target, "md") && !fences(&project.read(&target)?).is_empty() {
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
    let wrong = |message: &str| Some(Problem::new(&chapter.file, fence.line, message));
    let purpose = match purpose(&fence.info)? {
        Err(message) => return wrong(&message),
        Ok(purpose) => purpose,
    };
    let includes = includes(&fence.body);
    if let [include, ..] = &includes[..]
        && (fence.body.trim().lines().count() > 1 || include.kind != "rustdoc_include")
    {
        return wrong(
            "a Rust fence that includes a program holds nothing but one `{{#rustdoc_include ...}}`",
        );
    }
    let must_not_compile = includes.first().and_then(|include| {
        let file = include.target(&chapter.file);
        let mut programs = programs.iter();
        programs.find(|program| program.kind == Kind::Fail && program.file == file)
    });
    match (purpose, must_not_compile) {
        (Purpose::Runs, None) if fence.body.trim().is_empty() => wrong("the fence is empty"),
        (Purpose::Runs, None) => None,
        (Purpose::Runs, Some(_)) => wrong(
            "a program from listings/fails doesn't compile: its fence is `rust,compile_fail,E0000`, \
             with its code",
        ),
        (Purpose::MustNotCompile(_), None) => wrong(
            "what must not compile is included from listings/fails, where its error is proven",
        ),
        (Purpose::MustNotCompile(code), Some(program)) => {
            if program.stated_codes().contains(&code) {
                return None;
            }
            wrong(&format!(
                "the fence says {code}, and {} doesn't state that code",
                program.file.display()
            ))
        }
    }
}

/// Under each program stand its own command and its own recorded output, and none that was typed.
fn outputs_under_programs(chapter: &Chapter, programs: &[Program]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let missing = |(program, line): (&Program, usize)| {
        let message = format!(
            "under this program its command and output are missing: a `console` fence that begins \
             with `{}`",
            program.command()
        );
        Problem::new(&chapter.file, line, message)
    };
    // The program whose command must come next, and the line of its fence.
    let mut waiting: Option<(&Program, usize)> = None;
    // The program whose output was shown last: it may follow, folded away.
    let mut answered: Option<&Program> = None;
    for fence in fences(&chapter.text) {
        let included = includes(&fence.body);
        let included = included.first().map(|it| it.target(&chapter.file));
        let is_included = |file: &Path| included.as_deref() == Some(file);
        if let Some(program) = programs.iter().find(|program| is_included(&program.file)) {
            let is_answered = answered.take().is_some_and(|it| it.name == program.name);
            let next = (!is_answered).then_some((program, fence.line));
            problems.extend(mem::replace(&mut waiting, next).map(missing));
            continue;
        }
        if fence.info != "console" {
            continue;
        }
        let (command, rest) = fence.body.split_once('\n').unwrap_or((&fence.body, ""));
        let runs_a_program = command.starts_with("$ cargo run ") && command.contains(" --bin ")
            || command.starts_with("$ rustc ");
        let above = waiting.take_if(|_| runs_a_program);
        let recorded = programs.iter().find(|it| is_included(&it.output()));
        answered = recorded;
        let has_another_command = |program: &&Program| program.command() != command;
        let message = if let Some(program) = above.map(|it| it.0).filter(has_another_command) {
            format!(
                "the command under a program is that program's: `{}`",
                program.command()
            )
        } else if let Some(program) = recorded.filter(has_another_command) {
            format!(
                "the output of {} stands under another command: its first line must be `{}`",
                program.name,
                program.command()
            )
        } else if runs_a_program && is_typed(rest) {
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

/// Whether an output holds more than an include.
fn is_typed(output: &str) -> bool {
    let output = output.trim();
    !output.is_empty() && (includes(output).is_empty() || output.lines().count() > 1)
}
