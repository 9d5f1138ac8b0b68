//! What is wrong with the book, or with one chapter and all that belongs to it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};

use crate::exercises::{self, SOLUTIONS};
use crate::generated;
use crate::near;
use crate::pages;
use crate::problem::{Problem, Problems};
use crate::programs::{self, Program};
use crate::project::Project;
use crate::text::chapter::{self, Chapter, chapters, fences, includes, slugs};
use crate::text::{costs, ledger, quizzes, rules};

/// What is wrong with the sources of the book: every rule that needs no run and no page.
///
/// # Errors
/// Files that can't be read.
pub fn sources(project: &Project) -> Result<Vec<Problem>> {
    let mut found = rules::sources(project)?;
    if found.is_empty() {
        found = rules::completeness(project)?;
        found.extend(quizzes::missing(project, &chapters(project)?));
        if project.has(ledger::DATA) {
            found.extend(ledger::check(project)?);
        }
        found.extend(generated::check(project)?);
        found.extend(costs::check(project)?);
    }
    Ok(found)
}

/// Everything that needs no run, of a book that was built into `built`.
///
/// # Errors
/// Files that can't be read.
pub fn built(project: &Project, built: &Path) -> Result<Vec<Problem>> {
    let mut found = sources(project)?;
    found.extend(programs::stale(project, &Program::all(project)?)?.into_values());
    found.extend(pages::check(project, built)?);
    found.sort();
    found.dedup();
    Ok(found)
}

/// The same of a book that isn't built. Without sound sources, it can't be.
fn rules(project: &Project) -> Result<Vec<Problem>> {
    let found = rules::sources(project)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let folder = tempfile::tempdir().context("can't make a temporary directory")?;
    pages::plain(&mut chapter::load(project)?, folder.path())?;
    built(project, folder.path())
}

/// "1 rule is", "2 rules are".
pub fn rules_are(count: usize) -> String {
    match count {
        1 => "1 rule is".to_owned(),
        _ => format!("{count} rules are"),
    }
}

/// Looks at the whole book without running any of it; prints what is wrong.
///
/// # Errors
/// [`Problems`].
pub fn check(project: &Project) -> Result<()> {
    let start = Instant::now();
    eprintln!("Looking at the whole book ...");
    let found = rules(project)?;
    if !found.is_empty() {
        bail!("{} broken:\n{}", rules_are(found.len()), Problems(found));
    }
    println!(
        "Nothing is wrong, as far as that shows without a run: {:.1} s. `cargo run -- check SLUG` \
         runs what a chapter shows, `cargo test` everything.",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Looks at one chapter and runs all that it shows: snippets, programs, exercise.
///
/// # Errors
/// A chapter that doesn't exist: with the names that are near. Else [`Problems`].
pub fn check_chapter(project: &Project, slug: &str) -> Result<()> {
    let start = Instant::now();
    // As it is named in a message, or as it is named here.
    let slug = slug.trim_start_matches("src/").trim_end_matches(".md");
    let slugs = slugs(project)?;
    if !slugs.iter().any(|it| it == slug) {
        let near = match near::near(slug, &slugs)[..] {
            [] => slugs.join(", "),
            ref near => near.join(", "),
        };
        bail!("there is no chapter src/{slug}.md; there is {near}");
    }
    // Without sound sources, nothing that follows would say anything of worth.
    Problems::check(rules::sources(project)?)?;
    let own = Own::of(project, slug)?;
    eprintln!("Looking at src/{slug}.md and what it shows ...");
    let (found, elsewhere) = own.problems(project)?;

    let others = match elsewhere {
        0 => String::new(),
        count => format!(
            "\n{} broken elsewhere: `cargo run -- check` shows all.",
            rules_are(count)
        ),
    };
    let seconds = start.elapsed().as_secs_f64();
    if !found.is_empty() {
        bail!(
            "{} broken in src/{slug}.md and what it shows ({seconds:.1} s):\n{}{others}",
            rules_are(found.len()),
            Problems(found)
        );
    }
    println!(
        "Nothing is wrong with src/{slug}.md, {}, {} and {}: {seconds:.1} s.{others}",
        counted(own.snippets, "snippet"),
        counted(own.programs.len(), "program"),
        counted(own.exercises.len(), "exercise"),
    );
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What belongs to a chapter.
#[derive(Default)]
struct Own {
    slug: String,
    files: BTreeSet<PathBuf>,
    /// The lines of the ledger that speak of it.
    claims: BTreeSet<usize>,
    programs: Vec<Program>,
    exercises: Vec<String>,
    snippets: usize,
}

impl Own {
    fn of(project: &Project, slug: &str) -> Result<Self> {
        let file = chapter::file(slug);
        let chapters = chapters(project)?;
        let chapter = chapters
            .iter()
            .find(|chapter| chapter.file == file)
            .with_context(|| format!("SUMMARY.md doesn't name {}", file.display()))?;
        let included = includes(&chapter.text).into_iter();
        let mut files: BTreeSet<_> = included.map(|include| include.target(&file)).collect();
        let mut programs = Program::all(project)?;
        programs.retain(|program| files.contains(&program.file));
        let mut exercises = exercises::all(project)?;
        exercises.retain(|name| {
            *name == slug.replace('-', "_")
                || files.contains(&Path::new(SOLUTIONS).join(format!("{name}.rs")))
        });
        files.extend(programs.iter().map(Program::output));
        files.extend(exercises.iter().flat_map(|name| exercises::files(name)));
        let summary = "src/SUMMARY.md".into();
        files.extend([quizzes::data(slug), quizzes::page(slug), summary, file]);
        let mut claims = BTreeSet::new();
        if project.has(ledger::DATA) {
            let mut all = ledger::load(project)?;
            all.retain(|(_, claim)| claim.chapter == format!("{slug}.md"));
            claims.extend(all.into_iter().map(|(line, _)| line));
        }
        Ok(Self {
            slug: slug.to_owned(),
            files,
            claims,
            programs,
            exercises: exercises.into_iter().collect(),
            snippets: snippets(chapter),
        })
    }

    /// What is wrong with it, with or without a run, and how many rules are broken elsewhere.
    fn problems(&self, project: &Project) -> Result<(Vec<Problem>, usize)> {
        let building = |what| eprintln!("Building and running {what} ...");
        // The snippets are compiled and run meanwhile. The programs are not: what they leave behind
        // would be taken for theirs.
        let snippets = (self.snippets > 0).then(|| {
            let mut tests = cargo_test(project);
            tests.args(["--test", "snippets", &format!("{}_line_", self.stem())]);
            thread::spawn(move || tests.output())
        });
        let all = rules(project)?.into_iter();
        let (mut found, elsewhere): (Vec<_>, Vec<_>) = all.partition(|it| self.has(it));
        if let Some(snippets) = snippets {
            building(counted(self.snippets, "snippet"));
            let output = snippets.join().map_err(|_| anyhow!("no test was run"))??;
            if !output.status.success() {
                found.extend(self.failures(&output));
            }
        }
        for name in &self.exercises {
            building("the exercise".to_owned());
            found.extend(exercises::prove(project, name)?);
        }
        if !self.programs.is_empty() {
            building(counted(self.programs.len(), "program"));
        }
        found.extend(self.run(project)?);
        found.sort();
        found.dedup();
        Ok((found, elsewhere.len()))
    }

    /// As skeptic names its tests.
    fn stem(&self) -> String {
        self.slug.replace('-', "_")
    }

    fn has(&self, problem: &Problem) -> bool {
        if problem.file == Path::new(ledger::DATA) {
            return self.claims.contains(&problem.line);
        }
        // The page of the ledger is made of claims on all chapters.
        self.files.contains(&problem.file)
            || (problem.file == Path::new(ledger::PAGE) && !self.claims.is_empty())
    }

    /// The snippets that failed, from what their tests printed; the whole of it if that isn't what is
    /// wrong.
    fn failures(&self, output: &Output) -> Vec<Problem> {
        let text = exercises::report(output);
        let file = format!("src/{}.md", self.slug);
        let mut found = Vec::new();
        let mut before = String::new();
        for line in text.lines() {
            if line.starts_with("---- ") {
                before.clear();
            } else if let Some((line, message)) = place(line, &file) {
                // What was printed before it stands under it here.
                let message = message.replace(" (see above)", "");
                let message = format!("{message}\n{}", before.trim());
                found.push(Problem::new(&file, line, message));
                before.clear();
            } else {
                before += line;
                before.push('\n');
            }
        }
        if found.is_empty() {
            let message = format!("its snippets can't be tested:\n{text}");
            found.push(Problem::new(&file, 1, message));
        }
        found
    }

    fn run(&self, project: &Project) -> Result<Vec<Problem>> {
        let executables = match programs::build_only(project, &self.programs) {
            Ok(executables) => executables,
            // Cargo has said where.
            Err(error) => {
                let file = chapter::file(&self.slug);
                return Ok(vec![Problem::new(file, 1, format!("{error:#}"))]);
            }
        };
        let mut found = Vec::new();
        for program in &self.programs {
            found.extend(programs::check(project, program, &executables)?.problems);
        }
        Ok(found)
    }
}

/// Line and message of a report of a failed snippet: `src/a.md:7, from ...: the snippet ...`.
fn place<'a>(report: &'a str, file: &str) -> Option<(usize, &'a str)> {
    let rest = report.strip_prefix(file)?.strip_prefix(':')?;
    let (number, _) = rest.split_once([',', ':'])?;
    let message = rest.find("the snippet ")?;
    Some((number.parse().ok()?, &rest[message..]))
}

/// How many snippets of a chapter must run.
fn snippets(chapter: &Chapter) -> usize {
    let fences = fences(&chapter.text);
    fences.iter().filter(|fence| fence.runs()).count()
}

/// `cargo test`, as a reader of README runs it.
fn cargo_test(project: &Project) -> Command {
    let mut cargo = Command::new(programs::cargo());
    cargo
        .args(["test", "--quiet"])
        .current_dir(&project.root)
        .envs([programs::WITHOUT_COLOURS])
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null());
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_snippet_is_named_with_its_place_and_what_was_said_of_it() {
        let own = Own {
            slug: "kitchen".to_owned(),
            ..Own::default()
        };
        let failures = |said: &str| {
            let output = Output {
                status: Default::default(),
                stdout: said.into(),
                stderr: Vec::new(),
            };
            let found = own.failures(&output);
            found.iter().map(Problem::to_string).collect::<Vec<_>>()
        };
        let said = "running 2 tests\nFF\n---- kitchen_line_21 stdout ----\n\
                    src/kitchen.md:21, from listings/src/bin/a.rs: the snippet doesn't exit with 0 \
                    (see above)\n\n\
                    ---- kitchen_line_38 stdout ----\nerror[E0425]: no\n\
                    src/kitchen.md:38: the snippet doesn't compile (see above)\n";
        assert_eq!(
            failures(said),
            [
                "src/kitchen.md:21: the snippet doesn't exit with 0\n",
                "src/kitchen.md:38: the snippet doesn't compile\nerror[E0425]: no"
            ]
        );
        assert_eq!(
            failures("error: no such target"),
            ["src/kitchen.md:1: its snippets can't be tested:\nerror: no such target"]
        );
    }
}
