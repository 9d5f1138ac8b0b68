//! The exercises: a task each, its solution and its test, found by their names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result};

use crate::problem::Problem;
use crate::programs;
use crate::project::{Project, names};

/// Where the solutions lie.
pub const SOLUTIONS: &str = "exercises/src/solutions";
const TASKS: &str = "exercises/src";
const TESTS: &str = "exercises/tests";

/// The files of an exercise, relative to the root of the checkout: task, solution, test.
pub fn files(name: &str) -> [PathBuf; 3] {
    [TASKS, SOLUTIONS, TESTS].map(|folder| Path::new(folder).join(format!("{name}.rs")))
}

/// The names of which there is a task, a solution or a test.
///
/// # Errors
/// Folders that can't be read.
pub fn all(project: &Project) -> Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for folder in [TASKS, SOLUTIONS, TESTS] {
        all.extend(names(&project.root.join(folder), "rs")?);
    }
    Ok(all)
}

/// What an exercise lacks.
///
/// # Errors
/// Folders that can't be read.
pub fn check(project: &Project) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for name in all(project)? {
        let files = files(&name);
        let there = files.iter().find(|file| project.has(file));
        let there = there.expect("it was found by one");
        for (file, what) in files.iter().zip(["task", "solution", "test"]) {
            if !project.has(file) {
                let message = format!("this exercise has no {what}: make {}", file.display());
                problems.push(Problem::new(there, 1, message));
            }
        }
    }
    Ok(problems)
}

/// Has the solution pass the test, and the task fail it, unless a reader has solved it.
///
/// # Errors
/// When cargo can't be started.
pub fn prove(project: &Project, name: &str) -> Result<Vec<Problem>> {
    let files = files(name);
    if !files.iter().all(|file| project.has(file)) {
        // Reported by `check`.
        return Ok(Vec::new());
    }
    let [_, solution, _] = files;
    let mut problems = Vec::new();
    let solved = test(project, &["--features", "solutions", "--test", name])?;
    if !solved.status.success() {
        let message = format!("this solution fails its test\n{}", report(&solved));
        problems.push(Problem::new(solution, 1, message));
    }
    problems.extend(prove_tasks(project, &[name])?);
    Ok(problems)
}

/// What is wrong with tasks: each must compile, and fail its test. One that a reader has solved has no
/// `todo!` any more, and passes.
///
/// # Errors
/// When cargo can't be started, or a task can't be read.
pub fn prove_tasks(project: &Project, names: &[&str]) -> Result<Vec<Problem>> {
    let wrong = |name: &str, message: &str, output: &Output| {
        let [task, ..] = files(name);
        Problem::new(task, 1, format!("{message}\n{}", report(output)))
    };
    // All by one cargo.
    let built = cargo(project)
        .args(["--no-run", "--message-format=json-render-diagnostics"])
        .args(names.iter().flat_map(|name| ["--test", name]))
        .output()?;
    if !built.status.success() {
        if let [name] = names {
            let said = Output {
                stdout: Vec::new(),
                ..built
            };
            return Ok(vec![wrong(
                name,
                "the task or its test doesn't compile",
                &said,
            )]);
        }
        let each = names.iter().map(|name| prove_tasks(project, &[name]));
        return Ok(each.collect::<Result<Vec<_>>>()?.concat());
    }
    let executables = programs::executables(&built.stdout[..])?;
    let mut problems = Vec::new();
    for name in names {
        let [task, ..] = files(name);
        let is_solved = !project.read(task)?.contains("todo!(");
        let output = Command::new(&executables[*name])
            .arg("--include-ignored")
            .current_dir(project.root.join("exercises"))
            .output()?;
        let message = match (is_solved, output.status.success()) {
            (true, false) => "this solution fails its test",
            (false, true) => "the test passes with `todo!`",
            (false, false) if report(&output).contains(" ... ok") => {
                "a part of the test passes with `todo!`"
            }
            _ => continue,
        };
        problems.push(wrong(name, message, &output));
    }
    Ok(problems)
}

/// Runs tests of the exercises, those that are yours to solve, too.
///
/// # Errors
/// When cargo can't be started.
pub fn test(project: &Project, arguments: &[&str]) -> Result<Output> {
    cargo(project)
        .arg("--no-fail-fast")
        .args(arguments)
        .args(["--", "--include-ignored"])
        .output()
        .context("can't start cargo")
}

fn cargo(project: &Project) -> Command {
    let mut cargo = Command::new(programs::cargo());
    cargo
        .arg("test")
        .envs([programs::WITHOUT_COLOURS])
        .current_dir(project.root.join("exercises"));
    cargo
}

/// What a test printed.
pub fn report(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
