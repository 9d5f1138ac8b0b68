//! How the lab agrees with its peers, as data: the file that `--json` of `peers` writes and that the
//! book's table is made of.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::record::{self, Affinity};

/// The version of the file's form. Another one can't be read.
const FORM: u32 = 1;

/// All that one run of `peers` found on one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    form: u32,
    pub machine: Machine,
    /// The versions of the peers that are here, as they say it.
    pub peers: Vec<String>,
    pub comparisons: Vec<Comparison>,
}

/// One thing that a peer and the lab measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// For a person: `pipe round trip, processes`.
    pub label: String,
    #[serde(rename = "place")]
    pub affinity: Affinity,
    /// What runs the peer, from the root of the checkout. Of two commands the first takes so many
    /// times what the second does.
    pub commands: Vec<String>,
    /// What the peer measures.
    pub measures: String,
    /// The lab's row. Of two, likewise.
    pub rows: Vec<String>,
    /// By which share of the peer's figure the lab's may differ. None where the work isn't the
    /// same, and so isn't judged.
    pub bound: Option<f64>,
    /// What differs between the two.
    pub differs: String,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Measured {
        peer: Runs,
        lab: Runs,
    },
    /// The peer isn't installed, or the lab can't measure its row on this machine: why.
    NotHere(String),
    /// The peer is here, and gave no figure: why.
    Failed(String),
}

/// One figure for each run: nanoseconds for an operation, or of two rows their ratio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Runs(Vec<f64>);

impl Runs {
    /// # Panics
    /// On no runs.
    pub fn new(mut runs: Vec<f64>) -> Self {
        assert!(!runs.is_empty(), "a comparison has runs");
        runs.sort_by(f64::total_cmp);
        Self(runs)
    }

    /// The middle one, or the mean of the two in the middle.
    pub fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len() % 2 == 1 {
            self.0[middle]
        } else {
            f64::midpoint(self.0[middle - 1], self.0[middle])
        }
    }

    pub fn smallest(&self) -> f64 {
        self.0[0]
    }

    pub fn largest(&self) -> f64 {
        self.0[self.0.len() - 1]
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Agrees,
    Disagrees,
    /// Shown beside each other, since the work isn't the same.
    NotJudged,
    NotHere,
    Failed,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Agrees => "agrees",
            Self::Disagrees => "doesn't agree",
            Self::NotJudged => "not judged",
            Self::NotHere => "not here",
            Self::Failed => "failed",
        })
    }
}

impl Comparison {
    /// The lab's median over the peer's, if both were measured.
    pub fn ratio(&self) -> Option<f64> {
        match &self.outcome {
            Outcome::Measured { peer, lab } => Some(lab.median() / peer.median()),
            Outcome::NotHere(_) | Outcome::Failed(_) => None,
        }
    }

    pub fn status(&self) -> Status {
        match (&self.outcome, self.bound) {
            (Outcome::NotHere(_), _) => Status::NotHere,
            (Outcome::Failed(_), _) => Status::Failed,
            (_, None) => Status::NotJudged,
            (Outcome::Measured { peer, lab }, Some(bound)) => {
                let (peer, lab) = (peer.median(), lab.median());
                if (lab - peer).abs() <= bound * peer {
                    Status::Agrees
                } else {
                    Status::Disagrees
                }
            }
        }
    }
}

impl Agreement {
    pub fn new(machine: Machine, peers: Vec<String>, comparisons: Vec<Comparison>) -> Self {
        Self {
            form: FORM,
            machine,
            peers,
            comparisons,
        }
    }

    /// How many comparisons have this status.
    pub fn count(&self, status: Status) -> usize {
        let all = self.comparisons.iter();
        all.filter(|comparison| comparison.status() == status)
            .count()
    }

    /// # Errors
    /// A file that can't be read, or that isn't of this form: says what to do.
    pub fn load(file: &Path) -> Result<Self> {
        let name = file.display();
        let text = fs::read_to_string(file).with_context(|| format!("can't read {name}"))?;
        Self::parse(&text).with_context(|| {
            format!("{name} is no agreement with peers: make one with `cargo peers --json {name}`")
        })
    }

    fn parse(text: &str) -> Result<Self> {
        let agreement: Self = serde_json::from_str(text)?;
        ensure!(
            agreement.form == FORM,
            "its form is {}, and must be {FORM}",
            agreement.form
        );
        for comparison in &agreement.comparisons {
            if let Outcome::Measured { peer, lab } = &comparison.outcome {
                ensure!(
                    peer.count() > 0 && lab.count() > 0,
                    "\"{}\" is measured, and has no runs",
                    comparison.label
                );
            }
        }
        Ok(agreement)
    }

    /// # Errors
    /// Those of the file system, with the file's name.
    pub fn save(&self, file: &Path) -> Result<()> {
        record::save(self, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(bound: Option<f64>, peer: &[f64], lab: &[f64]) -> Comparison {
        Comparison {
            label: "bread".to_owned(),
            affinity: Affinity::OneCpu,
            commands: Vec::new(),
            measures: String::new(),
            rows: Vec::new(),
            bound,
            differs: String::new(),
            outcome: Outcome::Measured {
                peer: Runs::new(peer.to_vec()),
                lab: Runs::new(lab.to_vec()),
            },
        }
    }

    #[test]
    fn medians_within_the_bound_agree_and_others_do_not() {
        for (lab, status) in [
            ([105.0, 50.0, 900.0], Status::Agrees),
            ([95.0, 50.0, 900.0], Status::Agrees),
            ([105.1, 50.0, 900.0], Status::Disagrees),
            ([94.9, 50.0, 900.0], Status::Disagrees),
        ] {
            let found = comparison(Some(0.05), &[100.0], &lab);
            assert_eq!(found.status(), status, "{lab:?}");
        }
        let status = comparison(None, &[1.0], &[2.0]).status();
        assert_eq!(status, Status::NotJudged);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let runs = Runs::new(vec![4.0, 1.0, 2.0, 9.0]);
        assert_eq!(runs.median(), 3.0);
        assert_eq!((runs.smallest(), runs.largest()), (1.0, 9.0));
    }

    #[test]
    fn another_form_and_a_comparison_without_runs_are_refused() {
        let mut agreement = Agreement::new(Machine::here(), Vec::new(), Vec::new());
        agreement.comparisons.push(comparison(None, &[1.0], &[1.0]));
        let text = serde_json::to_string(&agreement).expect("it can be written");
        assert_eq!(Agreement::parse(&text).expect("it is sound"), agreement);
        for (old, new, why) in [
            (r#""form":1"#, r#""form":2"#, "its form is 2, and must be 1"),
            (
                r#""lab":[1.0]"#,
                r#""lab":[]"#,
                "\"bread\" is measured, and has no runs",
            ),
        ] {
            let said = Agreement::parse(&text.replace(old, new)).expect_err("it is refused");
            assert_eq!(said.to_string(), why);
        }
    }
}
