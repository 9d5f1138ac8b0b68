//! Each exercise compiles and fails its test as long as it is a task; each solution passes it.

use std::path::Path;

use anyhow::{Result, ensure};
use book::exercises::{all, check, prove_task, report, test};
use book::problem::Problems;
use book::project::Project;

tests::names_must_hit!();

fn project() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Project::new(root.expect("the workspace"))
}

#[test]
fn each_exercise_has_a_task_a_solution_and_a_test() -> Result<()> {
    ensure!(!all(&project())?.is_empty(), "there is no exercise");
    Ok(Problems::check(check(&project())?)?)
}

#[test]
fn each_solution_passes_its_test() -> Result<()> {
    let output = test(&project(), &["--features", "solutions"])?;
    ensure!(output.status.success(), "{}", report(&output));
    Ok(())
}

#[test]
fn each_task_compiles_and_fails_its_test_until_it_is_solved() -> Result<()> {
    let mut problems = Vec::new();
    for name in all(&project())? {
        problems.extend(prove_task(&project(), &name)?);
    }
    Ok(Problems::check(problems)?)
}
