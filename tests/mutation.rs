//! Listings without what their point rests on: such a mutant of a listing must not pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use book::problem::Problem;
use book::programs::{Ending, Kind, Program, not_here, run};
use book::project::{Project, names, read};
use serde::Deserialize;
use toml::Spanned;

use crate::apart;

/// How often a mutant runs. One that a race lets through now and then isn't caught.
const RUNS: usize = 5;

/// The folder of what is taken away from the listings: `NAME.toml` for each.
const FOLDER: &str = "tests/mutants";

/// A listing with one thing taken away.
pub struct Mutant {
    listing: String,
    /// As in "without the join".
    what: String,
    /// The name and the source of its program.
    name: String,
    source: String,
    /// The listing's own source.
    original: String,
    /// Where it is described.
    file: PathBuf,
    line: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    #[serde(default)]
    mutant: Vec<Spanned<Change>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    what: String,
    find: String,
    replace: String,
}

/// All mutants that are described soundly, and what is wrong with the other descriptions.
pub fn mutants(project: &Project) -> Result<(Vec<Mutant>, Vec<Problem>)> {
    let mut mutants = Vec::new();
    let mut problems = Vec::new();
    let mut described = BTreeSet::from_iter(names(&project.root.join(FOLDER), "toml")?);
    let programs = Program::all(project)?;
    for program in programs
        .iter()
        .filter(|program| program.kind == Kind::Listing)
    {
        if described.remove(&program.name) {
            let (sound, unsound) = of_listing(project, program)?;
            mutants.extend(sound);
            problems.extend(unsound);
        } else {
            let file = file(&program.name);
            let message = format!(
                "this listing has no mutant: describe one in {}",
                file.display()
            );
            problems.push(Problem::new(&program.file, 1, message));
        }
    }
    for name in described {
        let message = format!("there is no listing {name}");
        problems.push(Problem::new(file(&name), 1, message));
    }
    Ok((mutants, problems))
}

fn file(listing: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{listing}.toml"))
}

fn of_listing(project: &Project, program: &Program) -> Result<(Vec<Mutant>, Vec<Problem>)> {
    let file = file(&program.name);
    let text = read(&project.root.join(&file))?;
    let line = |offset| 1 + text[..offset].matches('\n').count();
    let description: Description = match toml::from_str(&text) {
        Ok(description) => description,
        Err(error) => {
            let line = line(error.span().map_or(0, |span| span.start));
            let problem = Problem::new(file, line, error.message());
            return Ok((Vec::new(), vec![problem]));
        }
    };
    let mut mutants = Vec::new();
    let mut problems = Vec::new();
    if description.mutant.is_empty() {
        problems.push(Problem::new(&file, 1, "describes no [[mutant]]"));
    }
    for (index, change) in description.mutant.into_iter().enumerate() {
        let line = line(change.span().start);
        let change = change.into_inner();
        let occurs = program.source.matches(&change.find).count();
        if occurs != 1 || change.find == change.replace {
            let message = match occurs {
                1 => format!("\"{}\" changes nothing", change.what),
                _ => format!(
                    "\"{}\": its `find` must occur once in {}, and occurs {occurs} times",
                    change.what,
                    program.file.display()
                ),
            };
            problems.push(Problem::new(&file, line, message));
            continue;
        }
        mutants.push(Mutant {
            listing: program.name.clone(),
            // No name in kebab-case has two hyphens.
            name: format!("{}--{}", program.name, index + 1),
            source: program.source.replacen(&change.find, &change.replace, 1),
            original: program.source.clone(),
            what: change.what,
            file: file.clone(),
            line,
        });
    }
    Ok((mutants, problems))
}

impl Mutant {
    /// The program of the listing itself, built in the same way.
    fn original_name(&self) -> String {
        format!("{}--0", self.listing)
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.listing, self.what)
    }
}

/// How a run went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Failed,
    Hung,
    LeftSomething,
    Passed,
    /// The machine doesn't allow it, and why.
    NotHere(String),
}

impl Outcome {
    fn of(executable: &Path, limit: Duration) -> Result<Self> {
        let run = run(executable, limit)?;
        Ok(match (run.ending, not_here(&run.stdout)) {
            (Ending::Overran(_), _) => Self::Hung,
            (Ending::Exited(0), _) if !run.left.is_empty() => Self::LeftSomething,
            (Ending::Exited(0), Some(why)) => Self::NotHere(why.to_owned()),
            (Ending::Exited(0), None) => Self::Passed,
            _ => Self::Failed,
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failed => "failed",
            Self::Hung => "hung",
            Self::LeftSomething => "left something behind",
            Self::Passed => "passed",
            Self::NotHere(why) => why,
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// By this, in its first run.
    Caught(Outcome),
    /// It was caught in too few of its runs: in all, or it doesn't count.
    Survived { caught: usize, runs: usize },
    /// It doesn't compile, and so says nothing of the listing's assertions: the compiler's message.
    NoProgram(String),
    /// Why not.
    NotTried(String),
}

impl Verdict {
    /// Whether something is wrong with the listing or with the mutant, and what.
    pub fn problem(&self, mutant: &Mutant) -> Option<Problem> {
        let message = match self {
            Self::Caught(_) | Self::NotTried(_) => return None,
            Self::Survived { caught: 0, .. } => format!(
                "{mutant} still passes: its assertions don't prove that this matters; let it \
                 assert more, or claim less"
            ),
            Self::Survived { caught, runs } => {
                format!("{mutant} is caught in {caught} of {runs} runs: a proof fails in each")
            }
            Self::NoProgram(message) => {
                format!("{mutant} doesn't compile, and so proves nothing:\n{message}")
            }
        };
        Some(Problem::new(&mutant.file, mutant.line, message))
    }
}

impl From<&[Outcome]> for Verdict {
    fn from(outcomes: &[Outcome]) -> Self {
        let passes = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Passed | Outcome::NotHere(_)));
        match passes.count() {
            0 => Self::Caught(outcomes[0].clone()),
            passes => Self::Survived {
                caught: outcomes.len() - passes,
                runs: outcomes.len(),
            },
        }
    }
}

/// Programs by name, or what the compiler says against them.
pub type Executables = BTreeMap<String, Result<PathBuf, String>>;

/// Builds mutants, and the listings that they are made of, in a package of this name.
///
/// # Errors
/// When cargo can't be started; what doesn't compile is among the results.
pub fn build<'a>(
    project: &Project,
    package: &str,
    mutants: impl IntoIterator<Item = &'a Mutant>,
) -> Result<Executables> {
    let sources = mutants.into_iter().flat_map(|mutant| {
        [
            (mutant.name.clone(), mutant.source.clone()),
            (mutant.original_name(), mutant.original.clone()),
        ]
    });
    apart::build(project, package, &sources.collect())
}

/// Judges a mutant by its runs. Each may take ten times as long as the listing and two seconds more,
/// and no longer than `limit`.
///
/// # Errors
/// When the listing itself doesn't pass here: its mutants would be caught for nothing.
pub fn judge(mutant: &Mutant, executables: &Executables, limit: Duration) -> Result<Verdict> {
    let original = &executables[&mutant.original_name()];
    let original = original.as_ref().map_err(|message| anyhow!("{message}"))?;
    let start = Instant::now();
    match Outcome::of(original, limit)? {
        Outcome::Passed => {}
        Outcome::NotHere(why) => return Ok(Verdict::NotTried(why)),
        outcome => bail!(
            "{} itself {outcome}, so its mutants show nothing",
            mutant.listing
        ),
    }
    let limit = limit.min(start.elapsed() * 10 + Duration::from_secs(2));
    match &executables[&mutant.name] {
        Err(message) => Ok(Verdict::NoProgram(message.clone())),
        Ok(executable) => {
            let outcomes: Result<Vec<_>> =
                (0..RUNS).map(|_| Outcome::of(executable, limit)).collect();
            Ok(Verdict::from(&*outcomes?))
        }
    }
}
