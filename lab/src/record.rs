//! What was measured, as data: the file that `--json` writes and that the book is drawn from.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::num::ParseFloatError;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::bootstrap;
use crate::machine::Machine;

/// The version of the file's form. Another one can't be read.
const FORM: u32 = 1;

/// All that one run of the lab measured on one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    form: u32,
    pub machine: Machine,
    pub rows: Vec<Row>,
}

/// One thing that was to be measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Begins with its group, as in `creation/fork`.
    pub id: String,
    /// For a person, within its group: `fork`.
    pub label: String,
    /// What exactly is timed, or counted, for one operation.
    pub what: String,
    #[serde(rename = "place")]
    pub affinity: Affinity,
    pub unit: Unit,
    pub outcome: Outcome,
}

/// Where the tasks of a row run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affinity {
    /// All on the same one.
    OneCpu,
    /// Each side on a CPU of its own.
    TwoCpus,
    /// Wherever the scheduler puts them.
    Free,
}

impl fmt::Display for Affinity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OneCpu => "one CPU",
            Self::TwoCpus => "two CPUs",
            Self::Free => "free",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Nanoseconds for one operation.
    Nanoseconds,
    /// Bytes for one task.
    Bytes,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Measured(Figure),
    /// Why it couldn't be measured on this machine.
    NotHere(String),
}

/// What the samples of a row say of one operation, in the row's unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Of all samples, the rejected ones too: what disturbs a sample most often makes it
    /// longer.
    pub minimum: f64,
    /// These three of the quiet samples; of all of them where the row is noisy.
    pub p10: f64,
    pub median: f64,
    pub p90: f64,
    /// Of all samples, the rejected ones too: what other programs report, and so what is compared
    /// with them.
    pub mean: f64,
    /// How many samples were quiet, or in a noisy row taken.
    pub samples: u64,
    /// How many were rejected: others took more than 5 % of the processor's time meanwhile, or of
    /// its core.
    pub rejected: u64,
    /// Too few samples were quiet: the minimum is what can be trusted.
    pub noisy: bool,
    /// How many operations a sample timed.
    pub operations: u64,
    /// Context switches of all tasks of the row for one operation: the mean of the samples that were
    /// quiet, or in a noisy row taken.
    pub switches: f64,
    /// Page faults, likewise.
    pub faults: f64,
    /// System calls of all tasks of the row for one operation, by name, as ptrace(2) counted them
    /// in a run of its own. Nothing where they weren't counted.
    pub calls: Option<BTreeMap<String, f64>>,
    /// The samples that the three quantiles are of, for the interval of a ratio. None where the row
    /// is noisy, as a minimum has no such interval.
    #[serde(default, skip_serializing_if = "Turns::is_empty")]
    pub turns: Turns,
}

/// Samples by the turn in which they were taken, each in four digits. In the file they are one
/// string, `5108 5112|5090 5101`: as numbers they would fill a line each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Turns(pub Vec<Vec<f64>>);

impl Turns {
    pub fn of(samples: impl IntoIterator<Item = (usize, f64)>) -> Self {
        let mut turns = Vec::new();
        for (turn, value) in samples {
            if turns.len() <= turn {
                turns.resize_with(turn + 1, Vec::new);
            }
            let digits = format!("{value:.3e}");
            turns[turn].push(digits.parse().expect("it was a number"));
        }
        Self(turns)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Turns> for String {
    fn from(Turns(turns): Turns) -> Self {
        let line = |values: &Vec<f64>| {
            let values: Vec<String> = values.iter().map(f64::to_string).collect();
            values.join(" ")
        };
        turns.iter().map(line).collect::<Vec<_>>().join("|")
    }
}

impl TryFrom<String> for Turns {
    type Error = ParseFloatError;

    fn try_from(text: String) -> Result<Self, ParseFloatError> {
        let values = |turn: &str| turn.split_whitespace().map(str::parse).collect();
        text.split('|')
            .map(values)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// How many times one row takes what another does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// Of the medians, or of the minima where one of the two is noisy.
    pub value: f64,
    /// Its 95 % interval by the bootstrap: see [`bootstrap::interval`]. None where a row is noisy, or older than intervals are.
    pub interval: Option<(f64, f64)>,
}

impl Ratio {
    /// With the interval in which it lies, if there is one and its ends differ.
    pub fn said(&self, number: fn(f64) -> String) -> String {
        let said = number(self.value);
        match self.interval.map(|(low, high)| (number(low), number(high))) {
            Some((low, high)) if low != high => format!("{said} ({low} to {high})"),
            _ => said,
        }
    }
}

impl Figure {
    /// The figure to quote: the median, or the minimum where the row is noisy.
    pub fn quoted(&self) -> f64 {
        if self.noisy {
            self.minimum
        } else {
            self.median
        }
    }
}

impl Row {
    /// `creation` of `creation/fork`.
    pub fn group(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    pub fn figure(&self) -> Option<&Figure> {
        match &self.outcome {
            Outcome::Measured(figure) => Some(figure),
            Outcome::NotHere(_) => None,
        }
    }
}

impl Record {
    pub fn new(machine: Machine, rows: Vec<Row>) -> Self {
        Self {
            form: FORM,
            machine,
            rows,
        }
    }

    /// This record with some rows measured anew.
    pub fn with(mut self, rows: Vec<Row>) -> Self {
        for row in rows {
            match self.rows.iter_mut().find(|old| old.id == row.id) {
                Some(old) => *old = row,
                None => self.rows.push(row),
            }
        }
        self
    }

    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// What was measured for a row, if it was.
    pub fn figure(&self, id: &str) -> Option<&Figure> {
        self.row(id)?.figure()
    }

    /// How many times the row `over` takes what the row `under` does.
    pub fn ratio(&self, over: &str, under: &str) -> Option<Ratio> {
        let (over, under) = (self.figure(over)?, self.figure(under)?);
        Some(if over.noisy || under.noisy {
            Ratio {
                value: over.minimum / under.minimum,
                interval: None,
            }
        } else {
            Ratio {
                value: over.median / under.median,
                interval: bootstrap::interval(&over.turns.0, &under.turns.0),
            }
        })
    }

    /// # Errors
    /// A file that can't be read, or that isn't a record of this form: says what to do.
    pub fn load(file: &Path) -> Result<Self> {
        let name = file.display();
        let text = fs::read_to_string(file).with_context(|| format!("can't read {name}"))?;
        Self::parse(&text).with_context(|| {
            format!("{name} is no record of this lab: make one with `cargo lab --json {name}`")
        })
    }

    fn parse(text: &str) -> Result<Self> {
        let record: Self = serde_json::from_str(text)?;
        ensure!(
            record.form == FORM,
            "its form is {}, and must be {FORM}",
            record.form
        );
        Ok(record)
    }

    /// # Errors
    /// Those of the file system, with the file's name.
    pub fn save(&self, file: &Path) -> Result<()> {
        save(self, file)
    }
}

/// Writes data beside `file` first and then moves it there, so that an error or a kill loses
/// nothing.
///
/// # Errors
/// Those of the file system, with the file's name.
pub(crate) fn save(data: &impl Serialize, file: &Path) -> Result<()> {
    let name = file.display();
    let text = serde_json::to_string_pretty(data)? + "\n";
    let beside = file.with_extension("new");
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, file))
        .with_context(|| format!("can't write {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_form_is_refused_and_so_is_anything_else() {
        let mut record = Record::new(Machine::here(), Vec::new());
        record.form += 1;
        let text = serde_json::to_string(&record).expect("it can be written");
        let said = Record::parse(&text).expect_err("another form").to_string();
        assert_eq!(said, "its form is 2, and must be 1");
        assert!(Record::parse("{}").is_err());
    }

    #[test]
    fn samples_are_written_in_one_line_and_read_again() {
        let turns = Turns::of([(0, 5108.4), (2, 0.123_456), (0, 16_777_216.0)]);
        let text = serde_json::to_string(&turns).expect("it can be written");
        assert_eq!(text, r#""5108 16780000||0.1235""#);
        let read: Turns = serde_json::from_str(&text).expect("it can be read");
        assert_eq!(read, turns);
    }
}
