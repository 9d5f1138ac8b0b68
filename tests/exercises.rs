//! Each exercise compiles and fails its test as long as it is a task; each solution passes it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use book::project::{names, read};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../exercises");

fn test(arguments: &[&str]) -> Result<Output> {
    Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--no-fail-fast"])
        .args(arguments)
        .args(["--", "--include-ignored"])
        .current_dir(ROOT)
        .output()
        .context("can't start cargo")
}

fn all() -> Result<Vec<String>> {
    let names = names(&Path::new(ROOT).join("src/solutions"), "rs")?;
    ensure!(!names.is_empty(), "there is no exercise");
    Ok(names)
}

#[test]
fn each_exercise_has_a_task_a_solution_and_a_test() -> Result<()> {
    let solutions = BTreeSet::from_iter(all()?);
    let tests = BTreeSet::from_iter(names(&Path::new(ROOT).join("tests"), "rs")?);
    let mut tasks = BTreeSet::from_iter(names(&Path::new(ROOT).join("src"), "rs")?);
    tasks.remove("lib");
    assert_eq!(
        tasks, solutions,
        "exercises/src and exercises/src/solutions"
    );
    assert_eq!(
        tests, solutions,
        "exercises/tests and exercises/src/solutions"
    );
    Ok(())
}

#[test]
fn each_solution_passes_its_test() -> Result<()> {
    let output = test(&["--features", "solutions"])?;
    ensure!(output.status.success(), "{}", report(&output));
    Ok(())
}

/// One that a reader has solved has no `todo!` any more, and passes.
#[test]
fn each_task_compiles_and_fails_its_test_until_it_is_solved() -> Result<()> {
    for name in all()? {
        let built = Command::new(env!("CARGO"))
            .args(["test", "--quiet", "--no-run", "--test", &name])
            .current_dir(ROOT)
            .output()?;
        ensure!(
            built.status.success(),
            "exercises/src/{name}.rs:1: {}",
            report(&built)
        );
        let is_solved =
            !read(&Path::new(ROOT).join("src").join(format!("{name}.rs")))?.contains("todo!(");
        let output = test(&["--test", &name])?;
        ensure!(
            output.status.success() == is_solved
                && (is_solved || !report(&output).contains(" ... ok")),
            "exercises/src/{name}.rs:1: {}\n{}",
            if is_solved {
                "this solution fails its test"
            } else {
                "the test passes with `todo!`"
            },
            report(&output)
        );
    }
    Ok(())
}

fn report(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
