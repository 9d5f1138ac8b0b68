//! Each listing fails without what its point rests on, as `mutants/NAME.toml` describes.
//!
//! `cargo test` looks at the descriptions alone: building and running the mutants takes minutes.
//!
//! ```console
//! $ cargo test --test mutants -- --ignored
//! $ cargo test --test mutants NAME -- --ignored
//! ```

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::Duration;

use anyhow::{Result, ensure};
use book::problem::Problems;
use book::programs::LIMIT;
use book::project::{Project, read};
use tests::mutation::{Executables, Mutant, Outcome, Verdict, build, judge, mutants};
use tests::{PROJECT, one_at_a_time, trial};

static MUTANTS: OnceLock<Vec<Mutant>> = OnceLock::new();

/// What the command line asks for: no other mutant is built.
static FILTER: OnceLock<Option<String>> = OnceLock::new();

static EXECUTABLES: LazyLock<Result<Executables, String>> = LazyLock::new(|| {
    let filter = FILTER.get().and_then(Option::as_deref).unwrap_or_default();
    let all = MUTANTS.get().into_iter().flatten();
    let selected = all.filter(|mutant| mutant.to_string().contains(filter));
    build(&PROJECT, "mutants", selected).map_err(|error| format!("{error:#}"))
});

/// Of the mutants that have run.
static VERDICTS: Mutex<Vec<(&Mutant, Verdict)>> = Mutex::new(Vec::new());

fn main() -> ExitCode {
    let arguments = one_at_a_time();
    let (mutants, problems) = mutants(&PROJECT).expect("the descriptions can be read");
    let mut trials = vec![
        trial("each_listing_has_mutants", || {
            Ok(Problems::check(problems)?)
        }),
        trial("unsound_descriptions_are_named", descriptions),
        trial("a_mutant_that_passes_is_named", verdicts),
        trial("a_mutant_is_caught_in_each_run_or_not_at_all", each_run),
    ];
    FILTER.get_or_init(|| arguments.filter.clone());
    trials.extend(
        MUTANTS
            .get_or_init(|| mutants)
            .iter()
            .map(|mutant| trial(&mutant.to_string(), || is_caught(mutant)).with_ignored_flag(true)),
    );
    let code = tests::run(&arguments, trials);
    summarise(&VERDICTS.lock().expect("no panic"));
    code
}

fn is_caught(mutant: &'static Mutant) -> Result<()> {
    let executables = EXECUTABLES.as_ref().map_err(anyhow::Error::msg)?;
    let verdict = judge(mutant, executables, LIMIT)?;
    let problem = verdict.problem(mutant);
    VERDICTS.lock().expect("no panic").push((mutant, verdict));
    Ok(Problems::check(problem.into_iter().collect())?)
}

fn summarise(verdicts: &[(&Mutant, Verdict)]) {
    if verdicts.is_empty() {
        return;
    }
    let mut caught = BTreeMap::new();
    for (_, verdict) in verdicts {
        if let Verdict::Caught(outcome) = verdict {
            *caught.entry(outcome.to_string()).or_insert(0) += 1;
        }
    }
    let ways: Vec<_> = caught
        .iter()
        .map(|(how, count)| format!("{count} {how}"))
        .collect();
    let sum: usize = caught.values().sum();
    println!(
        "Caught {sum} of {} mutants ({}).",
        verdicts.len(),
        ways.join(", ")
    );
    for (mutant, verdict) in verdicts {
        match verdict {
            Verdict::Caught(_) => {}
            Verdict::Survived { caught, runs } => {
                println!("Passed in {} of {runs} runs: {mutant}", runs - caught);
            }
            Verdict::NoProgram(_) => println!("Doesn't compile: {mutant}"),
            Verdict::NotTried(why) => println!("Not tried: {mutant}. {why}"),
        }
    }
}

/// A project of unsound descriptions, and one of mutants that fare differently.
fn fixture(name: &str) -> Result<(Project, String)> {
    let root = PROJECT.root.join("tests/fixtures/mutants").join(name);
    let expected = read(&root.join("expected.txt"))?;
    Ok((Project::new(root), expected))
}

fn descriptions() -> Result<()> {
    let (project, expected) = fixture("unsound")?;
    let (_, problems) = mutants(&project)?;
    is(&expected, &format!("{}\n", Problems(problems)))
}

fn verdicts() -> Result<()> {
    let (project, expected) = fixture("sound")?;
    let (mutants, problems) = mutants(&project)?;
    Problems::check(problems)?;
    let executables = build(&PROJECT, "mutants-of-the-fixture", &mutants)?;
    let mut found = String::new();
    for mutant in &mutants {
        let verdict = judge(mutant, &executables, Duration::from_secs(1))?;
        let line = match (&verdict, verdict.problem(mutant)) {
            (Verdict::Caught(how), _) => format!("{mutant}: {how}"),
            (_, problem) => problem
                .map(|problem| problem.to_string())
                .unwrap_or_default(),
        };
        found += line.lines().next().unwrap_or_default();
        found.push('\n');
    }
    is(&expected, &found)
}

fn each_run() -> Result<()> {
    let verdict = |outcomes: &[Outcome]| Verdict::from(outcomes);
    let (failed, passed) = (Outcome::Failed, Outcome::Passed);
    ensure!(verdict(&[failed.clone(), failed.clone()]) == Verdict::Caught(failed.clone()));
    ensure!(verdict(&[failed, passed]) == Verdict::Survived { caught: 1, runs: 2 });
    Ok(())
}

fn is(expected: &str, found: &str) -> Result<()> {
    ensure!(found == expected, "expected\n{expected}and found\n{found}");
    Ok(())
}
