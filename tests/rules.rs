//! The rules themselves: `fixtures/good` is a tiny book that keeps them all, and each folder of
//! `fixtures/bad` holds the files that break just one, with the beginning of what must be said.

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use book::generated::record;
use book::problem::{Problem, Problems};
use book::programs::{self, Choice, OUTPUTS, Program};
use book::project::{Project, files};
use book::scaffold::{new_chapter, new_exercise, new_fail, new_figure, new_listing};
use book::{check, generated, pages};
use tests::{Copy, a_name_must_hit, fixture, fixtures, is_the_one, one_at_a_time, trial};

fn main() -> ExitCode {
    let mut trials = vec![
        trial("a_good_book_has_no_problem", || none(&Copy::good()?)),
        trial("a_message_is_compared_with_its_compiler_alone", compiler),
        trial("a_listing_that_is_refused_is_not_compared", refusal),
        trial(
            "charts_are_drawn_and_a_figure_names_the_row_it_lacks",
            measured,
        ),
        trial("what_is_new_keeps_the_rules", scaffold),
        trial("each_new_fail_fails_with_its_code", new_fails),
        trial(
            "a_program_that_differs_from_run_to_run_is_not_recorded",
            unsteady,
        ),
        trial("what_is_recorded_is_formatted", formatted),
        trial("a_check_names_what_is_wrong_and_an_unknown_chapter", checks),
        trial("a_name_that_hits_no_test_is_an_error", || {
            a_name_must_hit("what_is_new_kepes_the_rules", "what_is_new_keeps_the_rules")
        }),
    ];
    for (folder, expected) in fixtures("bad").expect("the fixtures can be read") {
        let name = folder.file_name().expect("it has a name").to_string_lossy();
        let name = name.into_owned();
        trials.push(trial(&name, move || {
            is_the_one(&expected, &problems(&Copy::bad(&folder)?.project)?)
        }));
    }
    tests::run(&one_at_a_time(), trials)
}

fn none(copy: &Copy) -> Result<()> {
    Ok(Problems::check(problems(&copy.project)?)?)
}

/// All that is wrong with a book, but for its snippets (`snippets.rs`). What needs sound sources isn't looked at
/// without them.
fn problems(project: &Project) -> Result<Vec<Problem>> {
    let mut found = check::sources(project)?;
    if found.is_empty() {
        let built = tempfile::tempdir()?;
        pages::render(project, built.path(), None)?;
        found = pages::check(project, built.path())?;
    }
    if found.is_empty() {
        let executables = programs::build(project)?;
        for program in Program::all(project)? {
            found.extend(programs::check(project, &program, &executables)?.problems);
        }
    }
    Ok(found)
}

fn compiler() -> Result<()> {
    let project = &Copy::good()?.project;
    record(project, &Choice::All)?;
    let outputs = project.root.join(OUTPUTS);
    fs::write(outputs.join("borrowed-dough.txt"), "another message\n")?;
    let programs = Program::all(project)?;
    let dough = programs
        .iter()
        .find(|program| program.name == "borrowed-dough")
        .context("it is there")?;

    let checked = programs::check(project, dough, &BTreeMap::new())?;
    let expected = "listings/outputs/borrowed-dough.txt:1: this is not what comes out now";
    is_the_one(expected, &checked.problems)?;

    let index = fs::read_to_string(outputs.join("index.toml"))?;
    let here = format!("rust = \"{}\"", programs::toolchain().release);
    fs::write(
        outputs.join("index.toml"),
        index.replace(&here, "rust = \"1.0.0\""),
    )?;
    let checked = programs::check(project, dough, &BTreeMap::new())?;
    ensure!(
        checked.not_compared.is_some() && checked.problems.is_empty(),
        "the message of another compiler is compared"
    );
    Ok(())
}

/// A listing that can't show its point on a machine says so. It isn't held to its record there, and
/// doesn't spoil it.
fn refusal() -> Result<()> {
    let project = &Copy::good()?.project;
    let source = r#"//! Flour makes dough.

fn main() -> std::io::Result<()> {
    if std::env::current_exe()?.with_file_name("no-flour").exists() {
        println!("Not here: no flour");
    } else {
        println!("500 g");
    }
    Ok(())
}
"#;
    fs::write(project.root.join("listings/src/bin/knead.rs"), source)?;
    record(project, &Choice::All)?;
    let output = project.root.join(OUTPUTS).join("knead.txt");
    ensure!(fs::read_to_string(&output)? == "500 g\n");

    let executables = programs::build(project)?;
    let executable = executables.get("knead").context("cargo built it")?;
    fs::write(executable.with_file_name("no-flour"), "")?;
    ensure!(problems(project)?.is_empty(), "a refusal is compared");
    record(project, &Choice::All)?;
    ensure!(
        fs::read_to_string(&output)? == "500 g\n",
        "a refusal is recorded"
    );
    Ok(())
}

/// A record without all rows still gives the charts of those that it has.
fn measured() -> Result<()> {
    let folder = fixture("bad/chart-stale");
    let project = &Copy::bad(&folder)?.project;
    let lack = "the figure system-call can't be computed: the record has no row floor/system-call";
    let said = said(record(project, &Choice::Stale))?;
    ensure!(
        said == format!("can't make lab/figures.txt of lab/record.json: {lack}"),
        "{said}"
    );
    is_the_one(&format!("lab/record.json:1: {lack}"), &problems(project)?)?;

    let chart = project.root.join("lab/charts/creation.html");
    fs::copy(&chart, chart.with_file_name("cake.html"))?;
    let expected = "lab/record.json:1: nothing is measured for lab/charts/cake.html: delete it";
    is_the_one(expected, &generated::check(project)?)
}

fn scaffold() -> Result<()> {
    let book = Copy::good()?;
    let project = &book.project;
    new_chapter(project, "cake", "Cake")?;
    none(&book)?;
    new_listing(project, "whip-cream", Some("cake"))?;
    new_fail(project, "cream-twice", "E0382", Some("cake"))?;
    new_figure(project, "cream", Some("cake"))?;
    new_exercise(project, "cake")?;
    none(&book)?;
    // In the order in which they were made, before the exercise; and that before the quiz.
    let chapter = fs::read_to_string(project.src().join("cake.md"))?;
    let mut rest = &chapter[..];
    for next in [
        "bin/whip-cream.rs}}",
        "fails/cream-twice.rs}}",
        "figures/cream.svg}}",
        "\n## Exercise\n\nWrite it in `exercises/src/cake.rs`",
        "solutions/cake.rs}}",
        "\n## What an interviewer asks next\n",
        "quizzes/cake.md}}\n",
    ] {
        let (_, after) = rest
            .split_once(next)
            .with_context(|| format!("no {next} in:\n{rest}"))?;
        rest = after;
    }
    let mutants = fs::read_to_string(project.root.join("tests/mutants/whip-cream.toml"))?;
    let found = mutants.split('"').nth(3).context("a mutant")?;
    let listing = fs::read_to_string(project.root.join("listings/src/bin/whip-cream.rs"))?;
    ensure!(
        listing.matches(found).count() == 1,
        "{found} isn't in the listing once"
    );

    let before = files(&project.root)?;
    for (refused, why) in [
        (new_chapter(project, "cake", "Cake"), "src/cake.md exists"),
        (
            new_chapter(project, "Cake_2", "Cake"),
            "\"Cake_2\" isn't kebab-case",
        ),
        (
            new_chapter(project, "tart", " "),
            "a title is one line of text",
        ),
        (
            new_listing(project, "knead", None),
            "listings/src/bin/knead.rs exists",
        ),
        (
            new_listing(project, "borrowed-dough", None),
            "listings/fails/borrowed-dough.rs exists",
        ),
        (
            new_listing(project, "../rise", None),
            "\"../rise\" isn't kebab-case",
        ),
        (
            new_listing(project, "rise", Some("tart")),
            "there is no src/tart.md: make it",
        ),
        (
            new_figure(project, "rise", Some("caek")),
            "there is no src/caek.md, but there is cake: make it",
        ),
        (
            new_figure(project, "cream", None),
            "src/figures/cream.svg exists",
        ),
        (
            new_exercise(project, "cake"),
            "exercises/src/cake.rs exists",
        ),
        (
            new_fail(project, "rise", "E0001", None),
            "there is no template for E0001: take one of E0277, E0373,",
        ),
        (
            record(project, &Choice::Named(vec!["kneed".to_owned()])),
            "there is no program kneed, but there is knead: `cargo run -- new listing kneed`",
        ),
    ] {
        let said = said(refused)?;
        ensure!(
            said.starts_with(why),
            "expected \"{why}\", and it said \"{said}\""
        );
    }
    ensure!(
        files(&project.root)? == before,
        "a refusal leaves files behind"
    );
    none(&book)
}

fn checks() -> Result<()> {
    let book = Copy::good()?;
    let project = &book.project;
    check::check(project)?;

    let chapter = project.src().join("bread.md");
    let mut text = fs::read_to_string(&chapter)?;
    text = text.replacen("\n", "\n\nIt takes 5 ms, see [cake](#cake).\n", 1);
    fs::write(&chapter, text)?;
    let broken = said(check::check(project))?;
    ensure!(
        broken.starts_with("2 rules are broken:\nsrc/bread.md:3: \"5 ms\" is typed")
            && broken.contains("\nsrc/bread.md:3: the link \"#cake\" leads to no heading"),
        "{broken}"
    );

    let unknown = said(check::check_chapter(project, "braed"))?;
    ensure!(
        unknown == "there is no chapter src/braed.md; there is bread",
        "{unknown}"
    );
    Ok(())
}

fn new_fails() -> Result<()> {
    let book = Copy::good()?;
    new_chapter(&book.project, "cake", "Cake")?;
    for code in [
        "E0277", "E0373", "E0382", "E0499", "E0502", "E0505", "E0596", "E0597",
    ] {
        let name = format!("cake-{}", code.to_lowercase());
        new_fail(&book.project, &name, code, Some("cake"))?;
    }
    none(&book)
}

fn unsteady() -> Result<()> {
    let against = |print: &str| -> Result<String> {
        let project = &Copy::good()?.project;
        let source = format!("//! Flour makes dough.\n\nfn main() {{\n    {print}\n}}\n");
        fs::write(project.root.join("listings/src/bin/knead.rs"), source)?;
        let before = fs::read_to_string(project.root.join(OUTPUTS).join("knead.txt"))?;
        let said = said(record(project, &Choice::Stale))?;
        let after = fs::read_to_string(project.root.join(OUTPUTS).join("knead.txt"))?;
        ensure!(before == after, "its output is written");
        Ok(said)
    };
    let bare = against("println!(\"500 g\\nI, {}\", std::process::id());")?;
    ensure!(
        bare.starts_with("listings/src/bin/knead.rs:1: line 2 of its output has ")
            && bare.contains(" in a second run: write `pid` before it if the kernel chooses it"),
        "{bare}"
    );
    let words = against("println!(\"{}\", \"x\".repeat(std::process::id() as usize % 1000));")?;
    ensure!(
        words.contains("a second run prints something else"),
        "{words}"
    );
    Ok(())
}

fn formatted() -> Result<()> {
    let project = &Copy::good()?.project;
    let listing = project.root.join("listings/src/bin/knead.rs");
    let before = fs::read_to_string(&listing)?;
    fs::write(&listing, before.replace("    let", "  let"))?;
    record(project, &Choice::Stale)?;
    ensure!(
        fs::read_to_string(&listing)? == before,
        "it isn't formatted"
    );
    ensure!(
        problems(project)?.is_empty(),
        "what was recorded is another source"
    );

    fs::write(&listing, before.replace("main() {", "main() }"))?;
    let said = said(record(project, &Choice::Stale))?;
    ensure!(
        said.contains("rustfmt can't read it") && said.contains("knead.rs:3"),
        "{said}"
    );
    Ok(())
}

/// What is said against what is refused.
fn said<T>(outcome: Result<T>) -> Result<String> {
    let error = outcome.err().context("it must be refused")?;
    Ok(format!("{error:#}"))
}
