//! Recorded outputs: what the chapters show, made by running and never by typing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use snapbox::report::{Palette, write_diff};

use crate::ledger;
use crate::listing::{self, refuse, toolchain};
use crate::normalise::normalise;
use crate::problem::{Problem, Problems};
use crate::project::{Project, names, read, write_if_changed};
use crate::run::{Ending, LIMIT, Run, run};

/// The file of a program's recorded output.
pub fn output_file(project: &Project, name: &str) -> PathBuf {
    project.outputs().join(format!("{name}.txt"))
}

/// A run as it is recorded: its standard output alone where there is nothing else to tell, which
/// is the usual case; else the rest follows behind lines that say what it is.
pub fn text(run: &Run) -> String {
    let mut text = run.stdout.clone();
    if !run.stderr.is_empty() {
        text += "--- standard error ---\n";
        text += &run.stderr;
    }
    if run.ending != Ending::Exited(0) {
        writeln!(text, "--- {} ---", run.ending).expect("a String takes all");
    }
    text
}

/// `listings/outputs/index.toml`: of what, and where, each output was recorded.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Index(BTreeMap<String, Entry>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// SHA-256 of the source, in hexadecimal.
    source: String,
    /// The compiler's release.
    rust: String,
    /// The compiler's host triple.
    host: String,
}

impl Entry {
    fn of(source: &str) -> Self {
        Self {
            source: hash(source),
            rust: toolchain().release.clone(),
            host: toolchain().host.clone(),
        }
    }
}

impl Index {
    fn file(project: &Project) -> PathBuf {
        project.outputs().join("index.toml")
    }

    pub fn load(project: &Project) -> Result<Self> {
        let file = Self::file(project);
        if !file.exists() {
            return Ok(Self::default());
        }
        toml::from_str(&read(&file)?).with_context(|| {
            format!(
                "{} is damaged: delete it and run `cargo run -- record`",
                file.display()
            )
        })
    }

    fn save(&self, project: &Project) -> Result<()> {
        let text = format!(
            "# Made by `cargo run -- record`: of which source each output was recorded, and by \
             which compiler.\n\n{}",
            toml::to_string(self)?
        );
        write_if_changed(&Self::file(project), &text)?;
        Ok(())
    }

    /// Whether an output was recorded from just this source.
    fn is_current(&self, name: &str, source: &str) -> bool {
        self.0
            .get(name)
            .is_some_and(|entry| entry.source == hash(source))
    }

    fn recorded_here(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|entry| {
            entry.rust == toolchain().release && entry.host == toolchain().host
        })
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Which programs to record.
pub enum Choice {
    /// Those whose source changed since, or that have no output.
    Stale,
    All,
    Named(Vec<String>),
}

/// Runs listings, compiles what must not compile, and writes what came out; then writes the page
/// of the ledger. Prints what changed.
///
/// # Errors
/// A name that no program has; a listing that doesn't build, overruns or leaves something behind;
/// a program that compiles, or fails for another reason than the one it states. What was recorded
/// before the error stays.
pub fn record(project: &Project, choice: &Choice) -> Result<()> {
    let listings = names(&project.listings(), "rs")?;
    let fails = names(&project.fails(), "rs")?;
    if let Choice::Named(wanted) = choice
        && let Some(unknown) = wanted
            .iter()
            .find(|name| !listings.contains(name) && !fails.contains(name))
    {
        bail!(
            "there is no listings/src/bin/{unknown}.rs and no listings/fails/{unknown}.rs; \
             `cargo run -- new listing {unknown}` makes a listing"
        );
    }
    let mut index = Index::load(project)?;
    index
        .0
        .retain(|name, _| listings.contains(name) || fails.contains(name));
    let chosen = |dir: PathBuf, names: Vec<String>| -> Result<Vec<(String, String)>> {
        let mut chosen = Vec::new();
        for name in names {
            let source = listing::source(&dir, &name)?;
            let wanted = match choice {
                Choice::All => true,
                Choice::Named(wanted) => wanted.contains(&name),
                Choice::Stale => {
                    !index.is_current(&name, &source) || !output_file(project, &name).exists()
                }
            };
            if wanted {
                chosen.push((name, source));
            }
        }
        Ok(chosen)
    };
    let listings = chosen(project.listings(), listings)?;
    let fails = chosen(project.fails(), fails)?;
    let executables = if listings.is_empty() {
        BTreeMap::new()
    } else {
        listing::build(project)?
    };

    let total = listings.len() + fails.len();
    let bar = ProgressBar::new(total as u64)
        .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    let mut changed = 0;
    let mut keep = |name: &str, source: &str, text: &str, same: bool| -> Result<()> {
        let file = output_file(project, name);
        let old = fs::read_to_string(&file).unwrap_or_default();
        if !same {
            write_if_changed(&file, text)?;
            changed += 1;
            let difference = difference(&project.relative(&file), &old, text, Palette::color());
            bar.suspend(|| anstream::print!("{difference}"));
        }
        // At once, so that an error later on loses nothing.
        index.0.insert(name.to_owned(), Entry::of(source));
        index.save(project)
    };
    for (name, source) in &listings {
        bar.set_message(name.clone());
        let executable = executables
            .get(name)
            .with_context(|| format!("cargo built no program {name}"))?;
        let run = run(executable, LIMIT)?;
        Problems::check(faults(name, &run))?;
        let text = text(&run);
        let order = listing::order(source);
        let old = fs::read_to_string(output_file(project, name)).unwrap_or_default();
        // A record that differs in nothing but pids and the like stays as it is.
        keep(
            name,
            source,
            &text,
            normalise(&old, order) == normalise(&text, order),
        )?;
        bar.inc(1);
    }
    for (name, source) in &fails {
        bar.set_message(name.clone());
        let refusal = refuse(project, name)?;
        Problems::check(wrong_codes(name, source, &refusal))?;
        let old = fs::read_to_string(output_file(project, name)).unwrap_or_default();
        keep(name, source, &refusal.message, old == refusal.message)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    index.save(project)?;
    if ledger::write_page(project)? {
        println!("{} is made anew.", ledger::PAGE);
    }
    println!("{total} recorded, {changed} changed.");
    Ok(())
}

fn difference(file: &Path, old: &str, new: &str, palette: Palette) -> String {
    let mut text = String::new();
    let (old, new) = (old.to_owned().into(), new.to_owned().into());
    let name = file.display();
    write_diff(&mut text, &old, &new, Some(&name), Some(&name), palette)
        .expect("a String takes all");
    text
}

/// What is wrong with a run, whatever was recorded.
fn faults(name: &str, run: &Run) -> Vec<Problem> {
    let file = PathBuf::from(format!("listings/src/bin/{name}.rs"));
    let mut faults: Vec<Problem> = run
        .left
        .iter()
        .map(|what| Problem::new(&file, 1, format!("the listing left behind {what}")))
        .collect();
    if run.ending != Ending::Exited(0) {
        // What is left after such an end, it may have had no chance to take away.
        faults = vec![Problem::new(
            &file,
            1,
            format!(
                "the listing {}, and must end by itself with status 0:\n{}",
                run.ending,
                text(run)
            ),
        )];
    }
    faults
}

/// What is wrong with a listing's run, compared with its record.
pub fn check_listing(project: &Project, name: &str, executable: &Path) -> Result<Vec<Problem>> {
    let source = listing::source(&project.listings(), name)?;
    let file = output_file(project, name);
    if let Some(problem) = stale(project, name, &source, &project.listings())? {
        return Ok(vec![problem]);
    }
    let run = run(executable, LIMIT)?;
    let mut problems = faults(name, &run);
    if problems.is_empty() {
        let order = listing::order(&source);
        problems.extend(differs(
            project,
            &file,
            &normalise(&read(&file)?, order),
            &normalise(&text(&run), order),
            name,
        ));
    }
    Ok(problems)
}

/// What is wrong with a program that must not compile: it compiles, gives other errors than it
/// states, or another message than the recorded one.
///
/// The second value tells whether messages were compared: only with the compiler of the record.
pub fn check_fail(project: &Project, name: &str) -> Result<(Vec<Problem>, bool)> {
    let source = listing::source(&project.fails(), name)?;
    if let Some(problem) = stale(project, name, &source, &project.fails())? {
        return Ok((vec![problem], false));
    }
    let refusal = refuse(project, name)?;
    let mut problems = wrong_codes(name, &source, &refusal);
    let here = Index::load(project)?.recorded_here(name);
    if problems.is_empty() && here {
        let file = output_file(project, name);
        problems.extend(differs(
            project,
            &file,
            &read(&file)?,
            &refusal.message,
            name,
        ));
    }
    Ok((problems, here))
}

fn stale(project: &Project, name: &str, source: &str, dir: &Path) -> Result<Option<Problem>> {
    let program = project.relative(&dir.join(format!("{name}.rs")));
    let remedy = format!("run `cargo run -- record {name}`");
    Ok(if !output_file(project, name).exists() {
        Some(Problem::new(
            program,
            1,
            format!("its output was never recorded: {remedy}"),
        ))
    } else if !Index::load(project)?.is_current(name, source) {
        Some(Problem::new(
            program,
            1,
            format!("it changed since its output was recorded: {remedy}"),
        ))
    } else {
        None
    })
}

fn differs(
    project: &Project,
    file: &Path,
    recorded: &str,
    now: &str,
    name: &str,
) -> Option<Problem> {
    if recorded == now {
        return None;
    }
    let line = 1 + recorded
        .lines()
        .zip(now.lines())
        .take_while(|(recorded, now)| recorded == now)
        .count();
    let file = project.relative(file);
    let difference = difference(&file, recorded, now, Palette::plain());
    Some(Problem::new(
        file,
        line,
        format!(
            "this is not what comes out now; if the new output is right, run \
             `cargo run -- record {name}`\n{difference}"
        ),
    ))
}

fn wrong_codes(name: &str, source: &str, refusal: &listing::Refusal) -> Vec<Problem> {
    let file = PathBuf::from(format!("listings/fails/{name}.rs"));
    let stated = listing::stated_codes(source);
    let list = |codes: &BTreeSet<String>| {
        if codes.is_empty() {
            "none".to_owned()
        } else {
            codes.iter().cloned().collect::<Vec<_>>().join(", ")
        }
    };
    let message = if stated.is_empty() {
        "it doesn't state its error: add a line such as `//! Must not compile: E0277.`".to_owned()
    } else if refusal.codes.is_empty() && refusal.without_code == 0 {
        "it compiles, and must not".to_owned()
    } else if refusal.codes != stated || refusal.without_code > 0 {
        format!(
            "it must fail with {}, and fails with {}{}:\n{}",
            list(&stated),
            list(&refusal.codes),
            if refusal.without_code > 0 {
                " and errors without a code"
            } else {
                ""
            },
            refusal.message
        )
    } else {
        return Vec::new();
    };
    vec![Problem::new(file, 1, message)]
}
