//! A test that is asked for by name, and isn't there, is an error: else a slip looks like a pass.

use std::os::unix::process::parent_id;
use std::process::{self, Command, ExitCode};
use std::{env, fs};

use anyhow::{Result, ensure};
use book::near;
use libtest_mimic::{Arguments, Failed, Trial};

/// A test that says all of an error.
pub fn trial(name: &str, test: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, || {
        test().map_err(|error| Failed::from(format!("{error:#}")))
    })
}

/// The command line, but for one test at a time: a run takes whatever is orphaned meanwhile for its
/// own, and what several tests use may be there once.
pub fn one_at_a_time() -> Arguments {
    Arguments {
        test_threads: Some(1),
        ..Arguments::from_args()
    }
}

/// Runs the tests one at a time, or says what they lack here, and skips them. CI has all.
pub fn run_unless(missing: Option<String>, trials: Vec<Trial>) -> ExitCode {
    if let Some(why) = &missing {
        if env::var_os("CI").is_some() {
            eprintln!("error: {why}");
            return ExitCode::FAILURE;
        }
        eprintln!("Skipped: {why}");
    }
    let trials = trials
        .into_iter()
        .map(|trial| trial.with_ignored_flag(missing.is_some()));
    run(&one_at_a_time(), trials.collect())
}

/// Runs the tests that are asked for, or says that there are none of that name.
pub fn run(arguments: &Arguments, trials: Vec<Trial>) -> ExitCode {
    let names: Vec<_> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    if let Some(wanted) = &arguments.filter
        && is_target_chosen()
        && !names
            .iter()
            .any(|name| name == wanted || (!arguments.exact && name.contains(wanted)))
    {
        eprintln!("{}", no_test(wanted, &names));
        return ExitCode::FAILURE;
    }
    libtest_mimic::run(arguments, trials).exit_code()
}

/// Has a function called before `main`, as the C library calls what is in `.init_array`: the built-in
/// harness offers no other place.
#[macro_export]
macro_rules! before_main {
    ($function:path) => {
        #[cfg(target_os = "linux")]
        const _: () = {
            #[used]
            #[unsafe(link_section = ".init_array")]
            static BEFORE_MAIN: extern "C" fn() = $function;
        };
    };
}

/// Has a target with the built-in harness do as [`run`] does.
#[macro_export]
macro_rules! names_must_hit {
    () => {
        $crate::before_main!($crate::names_must_hit);
    };
}

/// Ends the process if it is asked for a test by a name that hits none.
pub extern "C" fn names_must_hit() {
    // The options that take their value as a word of its own, as libtest knows them.
    const WITH_VALUE: [&str; 6] = [
        "--color",
        "--format",
        "--logfile",
        "--shuffle-seed",
        "--test-threads",
        "-Z",
    ];
    let mut wanted = Vec::new();
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--list" || argument == "--skip" {
            // Asked by us; or there are names that must not be hit.
            return;
        } else if WITH_VALUE.contains(&&*argument) {
            arguments.next();
        } else if !argument.starts_with('-') {
            wanted.push(argument);
        }
    }
    if wanted.is_empty() || !is_target_chosen() {
        return;
    }
    let list = |arguments: &[String]| -> Vec<String> {
        let this = env::current_exe().expect("it runs");
        let list = Command::new(this)
            .args(["--list", "--format", "terse"])
            .args(arguments)
            .output();
        let list = String::from_utf8(list.expect("it runs").stdout).expect("names");
        list.lines()
            .filter_map(|line| line.strip_suffix(": test").map(str::to_owned))
            .collect()
    };
    if list(&env::args().skip(1).collect::<Vec<_>>()).is_empty() {
        eprintln!("{}", no_test(&wanted.join(" "), &list(&[])));
        process::exit(1);
    }
}

/// Whether this target, asked for a name that hits no test, says so and which is near.
///
/// # Errors
/// What it did instead.
pub fn a_name_must_hit(wanted: &str, near: &str) -> Result<()> {
    let output = Command::new(env::current_exe()?).arg(wanted).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = format!("error: no test here has \"{wanted}\" in its name; there is {near}");
    ensure!(
        output.status.code() == Some(1) && said.starts_with(&expected),
        "{output:?}"
    );
    Ok(())
}

fn no_test(wanted: &str, names: &[String]) -> String {
    let there = match near::near(wanted, names)[..] {
        [] => {
            let some: Vec<_> = names.iter().take(5).map(String::as_str).collect();
            format!("of {} there are {}", names.len(), some.join(", "))
        }
        ref near => format!("there is {}", near.join(", ")),
    };
    format!("error: no test here has \"{wanted}\" in its name; {there}")
}

/// Whether the caller means this target: `cargo test --workspace NAME` asks all, and most have no
/// such test.
fn is_target_chosen() -> bool {
    let Ok(caller) = fs::read_to_string(format!("/proc/{}/cmdline", parent_id())) else {
        return true;
    };
    let mut words = caller.split('\0');
    let is_cargo = words.next().is_some_and(|word| word.ends_with("cargo"));
    !is_cargo || !words.any(|word| word == "--workspace" || word == "--all")
}
