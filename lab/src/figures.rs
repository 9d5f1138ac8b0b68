//! The figures that the book's prose quotes, each computed from a record as `figures.toml` says.

use std::fmt::Write as _;

use anyhow::{Context, Error, Result, bail, ensure};
use indexmap::IndexMap;
use serde::Deserialize;

use crate::list::{List, read};
use crate::record::{Figure, Outcome, Ratio, Record, Unit};

/// How a figure comes from rows, by their ids: see the head of `figures.toml`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum How {
    Amount(String),
    Mean(String),
    Sum(Vec<String>),
    Times(String, String),
    More(String, String),
    PerMib(String, String),
    Faults(String),
    Switches(String),
    Calls(String),
}

/// All figures by their names, in the order of the file.
pub(crate) fn all() -> Result<&'static IndexMap<String, How>> {
    static ALL: List<IndexMap<String, How>> =
        List::new(|| read("figures.toml", include_str!("figures.toml"), Ok));
    ALL.get()
}

fn named(name: &str) -> Result<&'static How> {
    let how = all()?.get(name);
    how.with_context(|| format!("there is no figure {name} in lab/src/figures.toml"))
}

impl How {
    fn said(&self, with_interval: bool, record: &Record) -> Result<String> {
        let row = |id| row(record, id);
        Ok(match self {
            Self::Amount(id) => {
                let (figure, unit) = row(id)?;
                amount(figure.quoted(), unit)
            }
            Self::Mean(id) => {
                let (figure, unit) = row(id)?;
                amount(figure.mean, unit)
            }
            Self::Sum(ids) => {
                let rows = ids.iter().map(|id| row(id)).collect::<Result<Vec<_>>>()?;
                let (_, unit) = rows.first().context("it is the sum of no rows")?;
                amount(rows.iter().map(|(row, _)| row.quoted()).sum(), *unit)
            }
            Self::Times(over, under) => {
                row(over)?;
                row(under)?;
                let ratio = record.ratio(over, under).expect("both were measured");
                if with_interval {
                    between(ratio)
                } else {
                    times(ratio.value)
                }
            }
            Self::More(over, under) => {
                let ((over, unit), (under, _)) = (row(over)?, row(under)?);
                amount(more(over, under), unit)
            }
            Self::PerMib(over, under) => {
                let mib = size(over)? - size(under)?;
                let ((over, unit), (under, _)) = (row(over)?, row(under)?);
                amount(more(over, under) / mib, unit)
            }
            Self::Faults(id) => count(row(id)?.0.faults),
            Self::Switches(id) => count(row(id)?.0.switches),
            Self::Calls(id) => {
                let calls = row(id)?.0.calls.as_ref();
                let why = || format!("the system calls of {id} weren't counted");
                count(calls.with_context(why)?.values().sum())
            }
        })
    }
}

/// The figure of this name as prose has it, `4.7`, `21 ms`, `118 KiB`; with its interval also
/// `1.03 (1.01 to 1.05)`, if it is a ratio.
fn said(name: &str, with_interval: bool, record: &Record) -> Result<String> {
    named(name)?
        .said(with_interval, record)
        .with_context(|| format!("the figure {name} can't be computed"))
}

fn row<'a>(record: &'a Record, id: &str) -> Result<(&'a Figure, Unit)> {
    let row = record.row(id);
    let row = row.with_context(|| format!("the record has no row {id}"))?;
    match &row.outcome {
        Outcome::Measured(figure) => Ok((figure, row.unit)),
        Outcome::NotHere(why) => bail!("the row {id} wasn't measured: {why}"),
    }
}

/// Of the medians, or of the minima where one of the two is noisy.
fn more(over: &Figure, under: &Figure) -> f64 {
    if over.noisy || under.noisy {
        over.minimum - under.minimum
    } else {
        over.median - under.median
    }
}

/// `1024` of `fork-memory/fork/small/1024`.
fn size(id: &str) -> Result<f64> {
    let last = id.rsplit('/').next().and_then(|last| last.parse().ok());
    last.with_context(|| format!("the row {id} doesn't end in a number of MiB"))
}

/// The file that chapters include figures from, each by its name as the anchor.
///
/// # Errors
/// A row that the record lacks, by its id; a list of figures that can't be read.
pub fn text(record: &Record) -> Result<String> {
    let mut text = String::from(
        "Made by `cargo run -- record` from lab/record.json. A chapter quotes a figure by its name:\n\
         {{#include ../lab/figures.txt:NAME}}\n",
    );
    for (name, how) in all()? {
        let mut write = |name: &str, said: &str| {
            _ = write!(text, "\nANCHOR: {name}\n{said}\nANCHOR_END: {name}\n");
        };
        write(name, &said(name, false, record)?);
        if let How::Times(..) = how {
            write(&format!("{name}-interval"), &said(name, true, record)?);
        }
    }
    Ok(text)
}

/// A text in which `{fork-per-thread}` stands for the figure of that name, with its interval.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Sentence(String);

impl TryFrom<String> for Sentence {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let sentence = Self(text);
        for name in sentence.figures() {
            named(name)?;
        }
        let braces = sentence.0.matches(['{', '}']).count();
        ensure!(
            braces.is_multiple_of(2),
            "a brace isn't closed: {}",
            sentence.0
        );
        Ok(sentence)
    }
}

impl Sentence {
    /// # Errors
    /// A row that the record lacks, by its id.
    pub fn filled(&self, record: &Record) -> Result<String> {
        let parts = self.0.split(['{', '}']).enumerate();
        let filled = parts.map(|(index, part)| match index % 2 {
            0 => Ok(part.to_owned()),
            _ => said(part, true, record),
        });
        filled.collect()
    }

    /// The names of those in it.
    pub fn figures(&self) -> impl Iterator<Item = &str> {
        self.0.split(['{', '}']).skip(1).step_by(2)
    }
}

/// A time or a size in the unit that suits it: a time in two digits, as it varies by percents, and
/// a size in whole units, as it is counted.
pub(crate) fn amount(value: f64, unit: Unit) -> String {
    let (units, step): (&[&str], f64) = match unit {
        Unit::Nanoseconds => (&["ns", "µs", "ms", "s"], 1000.0),
        Unit::Bytes => (&["bytes", "KiB", "MiB", "GiB", "TiB"], 1024.0),
    };
    let value = match unit {
        Unit::Nanoseconds => two_digits(value),
        Unit::Bytes => value.round(),
    };
    let power = units
        .iter()
        .enumerate()
        .rposition(|(power, _)| value.abs() >= step.powi(power as i32))
        .unwrap_or(0);
    let scaled = value / step.powi(power as i32);
    let decimals = match scaled {
        _ if value == 0.0 || (unit == Unit::Bytes && power == 0) => 0,
        ..1.0 => 2,
        ..10.0 => 1,
        _ => 0,
    };
    format!("{scaled:.decimals$} {}", units[power])
}

/// How many times something is something else: in two digits, and near one in a hundredth.
pub(crate) fn times(ratio: f64) -> String {
    let ratio = if ratio < 2.0 {
        ratio
    } else {
        two_digits(ratio)
    };
    let decimals = match ratio {
        ..2.0 => 2,
        ..10.0 => 1,
        _ => 0,
    };
    format!("{ratio:.decimals$}")
}

/// A ratio and the interval in which it lies, if there is one: `1.03 (1.01 to 1.05)`.
pub(crate) fn between(ratio: Ratio) -> String {
    ratio.said(times)
}

/// A count of events for one operation, whole where it is as good as whole.
fn count(count: f64) -> String {
    let is_whole = (count - count.round()).abs() <= 0.02 * count;
    format!("{count:.*}", usize::from(!is_whole))
}

fn two_digits(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let unit = 10f64.powi(value.abs().log10().floor() as i32 - 1);
    (value / unit).round() * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    use crate::chart::tests::{record, row as measured};
    use crate::{chart, published};

    #[test]
    fn a_time_has_two_digits_and_its_unit() {
        let said = [
            0.0,
            0.3,
            8.0,
            12.3,
            85.0,
            357.0,
            999.0,
            5_100.0,
            83_000.0,
            21_400_000.0,
            2.4e9,
        ]
        .map(|ns| amount(ns, Unit::Nanoseconds));
        assert_eq!(
            said,
            [
                "0 ns", "0.30 ns", "8.0 ns", "12 ns", "85 ns", "360 ns", "1.0 µs", "5.1 µs",
                "83 µs", "21 ms", "2.4 s"
            ]
        );
    }

    #[test]
    fn a_size_is_in_whole_units_from_ten_on() {
        let said = [0.0, 576.0, 2_355.0, 120_832.0, 2_411_725.0].map(|n| amount(n, Unit::Bytes));
        assert_eq!(
            said,
            ["0 bytes", "576 bytes", "2.3 KiB", "118 KiB", "2.3 MiB"]
        );
    }

    #[test]
    fn a_ratio_near_one_has_hundredths() {
        let said = [0.9, 0.994, 1.04, 4.68, 14.2, 416.0].map(times);
        assert_eq!(said, ["0.90", "0.99", "1.04", "4.7", "14", "420"]);
    }

    #[test]
    fn a_figure_is_computed_from_its_rows() -> Result<()> {
        let all = [
            ("creation/thread", 20_000.0),
            ("creation/fork", 94_000.0),
            ("fork-memory/fork-call/small/0", 80_000.0),
            ("fork-memory/fork-call/small/1024", 20_560_000.0),
            ("memory/thread/private", 12_288.0),
            ("memory/thread/kernel-stack", 16_384.0),
            ("memory/thread/page-tables", 4_096.0),
            ("memory/thread/slab", 2_048.0),
        ];
        let record = record(all.map(|(id, value)| measured(id, value)));
        for (name, said) in [
            ("thread-creation", "20 µs"),
            ("fork-per-thread", "4.7"),
            ("fork-call-per-mib", "20 µs"),
            ("memory-of-thread", "34 KiB"),
            ("fork-faults", "26"),
        ] {
            assert_eq!(super::said(name, false, &record)?, said, "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_row_that_is_missing_or_was_not_measured_is_named() {
        let said = |rows: Vec<_>| {
            let said = said("fork-per-thread", false, &record(rows));
            format!("{:#}", said.expect_err("a lack"))
        };
        assert_eq!(
            said(vec![measured("creation/fork", 1.0)]),
            "the figure fork-per-thread can't be computed: the record has no row creation/thread"
        );
        let mut refused = measured("creation/thread", 1.0);
        refused.outcome = Outcome::NotHere("no threads left".to_owned());
        assert_eq!(
            said(vec![measured("creation/fork", 1.0), refused]),
            "the figure fork-per-thread can't be computed: the row creation/thread wasn't \
             measured: no threads left"
        );
    }

    #[test]
    fn each_figure_is_quoted_by_a_chapter_a_chart_or_the_table_of_the_published() -> Result<()> {
        let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src");
        let chapters = fs::read_dir(book).expect("the chapters are there");
        let mut text = String::new();
        for file in chapters.map(|entry| entry.expect("its name").path()) {
            if file.extension().is_some_and(|end| end == "md") {
                text += &fs::read_to_string(&file).expect("a chapter");
            }
        }
        let lessons = chart::all()?.iter().flat_map(|chart| &chart.lessons);
        let published = published::all()?.iter().flat_map(|source| &source.figures);
        let sentences = lessons.chain(published.map(|published| &published.here));
        let in_sentences: Vec<&str> = sentences.flat_map(Sentence::figures).collect();
        for name in all()?.keys() {
            let is_quoted = ["", "-interval"]
                .iter()
                .any(|form| text.contains(&format!("figures.txt:{name}{form}}}")));
            let is_used = is_quoted || in_sentences.contains(&name.as_str());
            assert!(
                is_used,
                "{name} is quoted nowhere: take it out of lab/src/figures.toml"
            );
        }
        Ok(())
    }

    #[test]
    fn a_sentence_names_figures_that_there_are_and_closes_its_braces() {
        let refused = |text: &str| match Sentence::try_from(text.to_owned()) {
            Ok(_) => panic!("{text} is taken"),
            Err(error) => error.to_string(),
        };
        assert_eq!(
            refused("It costs {fork-per-thraed} times that."),
            "there is no figure fork-per-thraed in lab/src/figures.toml"
        );
        assert!(refused("It costs {fork-per-thread").starts_with("a brace isn't closed"));
    }
}
