//! Each exercise compiles and fails its test as long as it is a task; each solution passes it.

use anyhow::{Result, ensure};
use book::exercises::{all, check, prove_tasks, report, test};
use book::problem::Problems;
use tests::PROJECT;

tests::names_must_hit!();

#[test]
fn each_exercise_has_a_task_a_solution_and_a_test() -> Result<()> {
    ensure!(!all(&PROJECT)?.is_empty(), "there is no exercise");
    Ok(Problems::check(check(&PROJECT)?)?)
}

#[test]
fn each_solution_passes_its_test() -> Result<()> {
    let output = test(&PROJECT, &["--features", "solutions"])?;
    ensure!(output.status.success(), "{}", report(&output));
    Ok(())
}

#[test]
fn each_task_compiles_and_fails_its_test_until_it_is_solved() -> Result<()> {
    let names = all(&PROJECT)?;
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    Ok(Problems::check(prove_tasks(&PROJECT, &names)?)?)
}
