//! What a program owes its reader: it waits for something, and it can be read at a sitting.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;

use crate::exercises::SOLUTIONS;
use crate::problem::Problem;
use crate::programs::{Kind, Program};
use crate::project::Project;

/// The most lines of code, without those that import, that a program may have without a reason. A
/// page of the book shows about 45; this is where the reader has lost the first by the last.
const LONGEST: usize = 60;

/// The beginning of the line by which a program says why it is longer.
const LONGER: &str = "//! Longer than a page: ";

/// What is wrong with the programs and with the solutions of the exercises.
///
/// # Errors
/// A solution that can't be read.
pub fn check(project: &Project, programs: &[Program]) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for program in programs {
        problems.extend(length(program));
        // What must not compile never runs.
        if program.kind == Kind::Listing {
            problems.extend(asleep(&program.file, &program.source));
        }
    }
    for solution in project.list(SOLUTIONS, "rs")? {
        problems.extend(asleep(&solution, &project.read(&solution)?));
    }
    Ok(problems)
}

fn asleep(file: &Path, source: &str) -> impl Iterator<Item = Problem> {
    let message = "a program waits for what it needs (a join, the end of a pipe, a channel, a \
                   barrier), never by sleeping: a sleep is too short where much goes on, and too \
                   long everywhere else";
    let lines = sleeps(source).into_iter();
    lines.map(move |line| Problem::new(file, line, message))
}

/// The lines in which a program sleeps, or has a program sleep.
fn sleeps(source: &str) -> Vec<usize> {
    static SLEEP: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?x)
              \b (?: sleep (?: _ms | _until )? | usleep | (?: clock_ )? nanosleep ) \s* \(
            | " (?: /\S*/ )? sleep "                    # a command's name
            | " [^"]* \b sleep \s+ [\d.$]               # in a shell's words
            "#,
        )
        .expect("a constant")
    });
    let is_comment = |line: &str| line.trim_start().starts_with("//");
    source
        .lines()
        .zip(1..)
        .filter(|(line, _)| !is_comment(line) && SLEEP.is_match(line))
        .map(|(_, number)| number)
        .collect()
}

fn length(program: &Program) -> Option<Problem> {
    let lines = lines_of_code(&program.source);
    let mut numbered = program.source.lines().zip(1..);
    let (line, message) = match numbered.find(|(line, _)| line.starts_with(LONGER)) {
        None if lines > LONGEST => (
            1,
            format!(
                "{lines} lines of code are too many for one point: make it shorter or two, of at \
                 most {LONGEST} lines (without comments and imports), or say why it can't be by a \
                 line `{LONGER}REASON.` at its head"
            ),
        ),
        Some((_, line)) if lines <= LONGEST => (
            line,
            format!("it isn't: it has {lines} lines of code of {LONGEST}, so take this line away"),
        ),
        _ => return None,
    };
    Some(Problem::new(&program.file, line, message))
}

/// How many lines a reader has to follow: without empty ones, comments, attributes and imports.
fn lines_of_code(source: &str) -> usize {
    let mut is_import = false;
    source
        .lines()
        .map(str::trim)
        .filter(|line| {
            is_import |= line.starts_with("use ");
            let counts = !is_import
                && !line.is_empty()
                && !["//", "#[", "#!["].iter().any(|it| line.starts_with(it));
            is_import &= !line.ends_with(';');
            counts
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_found_in_each_form_and_the_word_is_none() {
        for line in [
            "thread::sleep(Duration::from_millis(5));",
            "std::thread::sleep_ms (5);",
            "tokio::time::sleep(tick).await;",
            "unsafe { libc::usleep(5) };",
            "unsafe { nanosleep(&pause, null()) };",
            "Command::new(\"sleep\").arg(\"1\")",
            "execv(c\"/bin/sleep\", &[c\"1\"])",
            "Command::new(\"sh\").args([\"-c\", \"sleep 0.2; exit 7\"])",
        ] {
            let source = format!("fn main() {{\n    {line}\n}}\n");
            assert_eq!(sleeps(&source), [2], "{line}");
        }
        for line in [
            "// thread::sleep(second) would be a guess.",
            "fn sleeps(pid: Pid) -> bool {",
            "let asleep = sleeps(child);",
            "println!(\"S (sleeping)\");",
            "park_timeout(bound);",
        ] {
            assert_eq!(sleeps(line), [0; 0], "{line}");
        }
    }

    #[test]
    fn comments_attributes_and_imports_are_no_lines_of_code() {
        let source = "//! A.\n\nuse std::{\n    fs,\n    io,\n};\nuse a::b;\n\n#[cfg(unix)]\nfn main() {\n    // B.\n    use c::d;\n    e();\n}\n";
        assert_eq!(lines_of_code(source), 3);
    }
}
