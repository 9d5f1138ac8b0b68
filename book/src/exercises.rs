//! The exercises: a task each, its solution and its test, found by their names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::problem::Problem;
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
        let is_there = |file: &&PathBuf| project.root.join(file).is_file();
        let there = files.iter().find(is_there).expect("it was found by one");
        for (file, what) in files.iter().zip(["task", "solution", "test"]) {
            if !is_there(&file) {
                let message = format!("this exercise has no {what}: make {}", file.display());
                problems.push(Problem::new(there, 1, message));
            }
        }
    }
    Ok(problems)
}
