//! Tables for people.

use std::fmt::Write as _;

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};

use crate::agreement::{Agreement, Comparison, Outcome as Found, Runs, Status};
use crate::groups::Group;
use crate::hypotheses::Statement;
use crate::peers;
use crate::record::{Affinity, Figure, Outcome, Record, Row, Unit};

/// What a group's rows say, and what they say of the notes' statements.
pub fn of_group(group: &Group, record: &Record, statements: &[Statement]) -> String {
    let mut text = format!("{}\n", group.title);
    let mut table = table([
        "",
        "where",
        "median",
        "p10 to p90",
        "minimum",
        "rejected",
        "switches",
        "faults",
        "calls",
    ]);
    let mut missing = Vec::new();
    for row in rows_of(group, record) {
        match &row.outcome {
            Outcome::NotHere(why) => missing.push((&row.label, why)),
            Outcome::Measured(figure) => {
                table.add_row(cells(row, figure));
            }
        }
    }
    if !table.is_empty() {
        _ = writeln!(text, "{}", table.trim_fmt());
    }
    // Rows of one stand share their reason.
    for same in missing.chunk_by(|one, next| one.1 == next.1) {
        let labels: Vec<&str> = same.iter().map(|(label, _)| label.as_str()).collect();
        _ = writeln!(text, "  not here: {}: {}", labels.join("; "), same[0].1);
    }
    for statement in statements {
        for (sentence, ratio, finding) in statement.judge(group.name, record) {
            let sentence = sentence.replace("{}", &ratio.said(factor));
            _ = writeln!(text, "  {sentence}. \"{}\" {finding}.", statement.quote);
        }
    }
    text
}

/// Two machines side by side.
pub fn of_two(group: &Group, here: &Record, other: &Record) -> String {
    let mut table = table(["", "where", "here", "there", "there / here"]);
    for row in rows_of(group, here) {
        let (this, that) = (row.figure(), other.figure(&row.id));
        let ratio = this
            .zip(that)
            .map(|(this, that)| factor(that.quoted() / this.quoted()));
        table.add_row([
            row.label.clone(),
            row.affinity.to_string(),
            quoted(row.unit, this),
            quoted(row.unit, that),
            ratio.unwrap_or_default(),
        ]);
    }
    format!("{}\n{}\n", group.title, table.trim_fmt())
}

/// How far apart several records of one machine lie.
pub fn of_spread(group: &Group, records: &[Record]) -> String {
    let mut table = table([
        "",
        "where",
        "median",
        "spread of the medians",
        "of the minima",
        "noisy",
    ]);
    for row in rows_of(group, &records[0]) {
        if let Some(spread) = Spread::of(&row.id, records) {
            table.add_row([
                row.label.clone(),
                row.affinity.to_string(),
                amount(row.unit, spread.median),
                percent(spread.medians),
                percent(spread.minima),
                match spread.noisy {
                    0 => String::new(),
                    count => format!("{count} times"),
                },
            ]);
        }
    }
    format!("{}\n{}\n", group.title, table.trim_fmt())
}

/// How far apart the figures of a row lie in several records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The median of the medians, in the row's unit.
    pub median: f64,
    /// The largest of the medians over the smallest, less 1.
    pub medians: f64,
    /// Likewise of the minima.
    pub minima: f64,
    /// In how many records the row is noisy.
    pub noisy: usize,
}

impl Spread {
    /// Of a row that was measured in each of the records.
    pub fn of(id: &str, records: &[Record]) -> Option<Self> {
        let figures: Vec<&Figure> = records
            .iter()
            .map(|record| record.figure(id))
            .collect::<Option<_>>()?;
        let sorted = |value: fn(&Figure) -> f64| {
            let mut values: Vec<f64> = figures.iter().map(|figure| value(figure)).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (medians, minima) = (
            sorted(|figure| figure.median),
            sorted(|figure| figure.minimum),
        );
        let spread = |values: &[f64]| Some(values.last()? / values.first()? - 1.0);
        Some(Self {
            median: medians[medians.len() / 2],
            medians: spread(&medians)?,
            minima: spread(&minima)?,
            noisy: figures.iter().filter(|figure| figure.noisy).count(),
        })
    }
}

/// How many rows of one CPU keep within 5 %, and which don't.
pub fn summary_of_spread(records: &[Record]) -> String {
    const CLOSE: f64 = 0.05;
    let (mut total, mut loose) = (0, Vec::new());
    for row in &records[0].rows {
        if row.affinity == Affinity::OneCpu
            && let Some(spread) = Spread::of(&row.id, records)
        {
            total += 1;
            if spread.medians > CLOSE || spread.minima > CLOSE {
                loose.push(row.id.as_str());
            }
        }
    }
    let mut text = format!(
        "{} of {total} rows on one CPU keep within 5 % in median and minimum, over {} records.\n",
        total - loose.len(),
        records.len()
    );
    for id in loose {
        _ = writeln!(text, "  not {id}");
    }
    text
}

/// The lab beside its peers.
///
/// # Errors
/// A list that can't be read.
pub fn of_agreement(agreement: &Agreement) -> Result<String> {
    let mut table = table([
        "",
        "peer",
        "its runs",
        "lab",
        "its runs",
        "lab / peer",
        "bound",
        "",
    ]);
    let (mut details, mut missing) = (String::new(), String::new());
    for comparison in &agreement.comparisons {
        let (label, status) = (&comparison.label, comparison.status());
        match &comparison.outcome {
            Found::NotHere(why) | Found::Failed(why) => {
                _ = writeln!(missing, "  {status}: {label}: {why}");
            }
            Found::Measured { peer, lab } => {
                let [peer, peers, lab, labs] = run_cells(comparison, peer, lab);
                table.add_row([
                    label.clone(),
                    peer,
                    peers,
                    lab,
                    labs,
                    comparison.ratio().map(factor).unwrap_or_default(),
                    comparison.bound.map(bound).unwrap_or_default(),
                    status.to_string(),
                ]);
                _ = writeln!(
                    details,
                    "  {label}\n    peer: {}\n          {}\n    lab:  {}\n    differs: {}",
                    comparison.commands.join(" and "),
                    comparison.measures,
                    comparison.rows.join(" and "),
                    comparison.differs,
                );
            }
        }
    }
    let mut text = format!("{}\n", agreement.machine);
    for peer in &agreement.peers {
        _ = writeln!(text, "{peer}");
    }
    if !table.is_empty() {
        _ = write!(text, "\nMedians\n{}\n\n{details}", table.trim_fmt());
    }
    for (peer, why) in &peers::all()?.not_compared {
        _ = writeln!(missing, "  not compared: {peer}: {why}");
    }
    let [agree, disagree, failed] =
        [Status::Agrees, Status::Disagrees, Status::Failed].map(|status| agreement.count(status));
    _ = writeln!(
        text,
        "\n{missing}\n{agree} agree, {disagree} don't, {failed} failed."
    );
    Ok(text)
}

/// The median of the peer and its runs, and those of the lab.
pub fn run_cells(comparison: &Comparison, peer: &Runs, lab: &Runs) -> [String; 4] {
    let shown = |value: f64| match comparison.rows.len() {
        1 => amount(Unit::Nanoseconds, value),
        _ => factor(value),
    };
    let spread = |runs: &Runs| format!("{} to {}", shown(runs.smallest()), shown(runs.largest()));
    [
        shown(peer.median()),
        spread(peer),
        shown(lab.median()),
        spread(lab),
    ]
}

/// A share by which a figure may differ.
pub fn bound(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn rows_of<'a>(group: &Group, record: &'a Record) -> impl Iterator<Item = &'a Row> {
    let rows = record.rows.iter();
    rows.filter(|row| row.group() == group.name)
}

fn cells(row: &Row, figure: &Figure) -> [String; 9] {
    // What is counted in bytes isn't run.
    let of_a_run = |said: String| match row.unit {
        Unit::Nanoseconds => said,
        Unit::Bytes => String::new(),
    };
    let calls = figure.calls.as_ref();
    let calls = calls.map(|calls| number(calls.values().fold(0.0, |sum, calls| sum + calls)));
    [
        row.label.clone(),
        of_a_run(row.affinity.to_string()),
        if figure.noisy {
            "noisy".to_owned()
        } else {
            amount(row.unit, figure.median)
        },
        format!(
            "{} to {}",
            amount(row.unit, figure.p10),
            amount(row.unit, figure.p90)
        ),
        amount(row.unit, figure.minimum),
        match figure.rejected {
            0 => String::new(),
            count => count.to_string(),
        },
        of_a_run(number(figure.switches)),
        of_a_run(number(figure.faults)),
        calls.unwrap_or_default(),
    ]
}

fn quoted(unit: Unit, figure: Option<&Figure>) -> String {
    figure.map_or_else(
        || "not measured".to_owned(),
        |figure| amount(unit, figure.quoted()),
    )
}

/// A table of figures behind their names, and where they were measured.
fn table<const N: usize>(columns: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(columns);
    let names = columns
        .iter()
        .take_while(|name| ["", "where"].contains(name));
    for column in table.column_iter_mut().skip(names.count()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A value of a row with its unit, in three significant digits.
pub fn amount(unit: Unit, value: f64) -> String {
    let (base, units): (f64, &[&str]) = match unit {
        Unit::Nanoseconds => (1000.0, &["ns", "µs", "ms", "s"]),
        Unit::Bytes => (1024.0, &["B", "KiB", "MiB", "GiB"]),
    };
    let mut value = value;
    let mut units = units.iter();
    let mut unit = units.next().expect("there are units");
    // What would be rounded to 1000 gets the next unit.
    while value >= base.min(999.5) {
        let Some(next) = units.next() else { break };
        value /= base;
        unit = next;
    }
    format!("{} {unit}", factor(value))
}

/// A ratio, or any number, in three significant digits.
pub fn factor(value: f64) -> String {
    let places = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.places$}")
}

/// A count for one operation: whole, unless it isn't.
fn number(count: f64) -> String {
    if (count - count.round()).abs() < 0.05 {
        format!("{count:.0}")
    } else {
        format!("{count:.1}")
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::tests::{noisy, not_here, record, row};
    use crate::groups::GROUPS;
    use crate::hypotheses;

    fn creation() -> &'static Group {
        GROUPS
            .iter()
            .find(|group| group.name == "creation")
            .expect("it is there")
    }

    /// The words of the line that begins with `first`.
    fn line<'a>(text: &'a str, first: &str) -> Vec<&'a str> {
        let found = text.lines().find(|line| line.trim().starts_with(first));
        let found = found.unwrap_or_else(|| panic!("no line {first} in:\n{text}"));
        found.split_whitespace().collect()
    }

    #[test]
    fn a_group_has_its_rows_what_is_not_here_and_the_findings() -> Result<()> {
        let record = record([
            row("creation/thread", 20_000.0),
            noisy("creation/pthread", 10_000.0),
            row("creation/fork", 84_000.0),
            not_here("creation/spawn-static", "no static libc"),
            not_here("creation/spawn-dynamic", "no static libc"),
            row("floor/clock", 23.0),
        ]);
        let text = of_group(creation(), &record, hypotheses::all()?);
        assert!(text.starts_with("Creation: "), "{text}");
        assert!(!text.contains("floor/clock"), "{text}");
        let thread = line(&text, "creation/thread").join(" ");
        assert_eq!(
            thread,
            "creation/thread one CPU 20.0 µs 19.0 µs to 25.0 µs 18.0 µs 3 2 26.3 2"
        );
        let pthread = line(&text, "creation/pthread").join(" ");
        assert!(pthread.contains("one CPU noisy 9.50 µs"), "{pthread}");
        assert!(
            text.contains(
                "not here: creation/spawn-static; creation/spawn-dynamic: no static libc"
            ),
            "{text}"
        );
        assert!(
            text.contains(
                "a forked child costs 4.20 threads. \"Creation Cost | High (resource-intensive) | \
                 Low (lightweight)\" holds here."
            ),
            "{text}"
        );
        assert!(
            !text.contains("vfork"),
            "a finding without its rows: {text}"
        );
        Ok(())
    }

    #[test]
    fn two_machines_stand_beside_each_other() {
        let here = record([row("creation/thread", 20_000.0), row("creation/fork", 1.0)]);
        let there = record([row("creation/thread", 30_000.0)]);
        let text = of_two(creation(), &here, &there);
        assert_eq!(
            line(&text, "creation/thread").join(" "),
            "creation/thread one CPU 20.0 µs 30.0 µs 1.50"
        );
        assert!(
            line(&text, "creation/fork")
                .join(" ")
                .ends_with("1.00 ns not measured")
        );
    }

    #[test]
    fn a_spread_is_that_of_the_medians_and_of_the_minima() {
        let records = [100.0, 104.0, 106.0].map(|median| {
            record([
                row("creation/thread", median),
                noisy("creation/fork", 100.0),
            ])
        });
        let spread = Spread::of("creation/thread", &records).expect("each has it");
        assert_eq!((spread.median, spread.noisy), (104.0, 0));
        assert!((spread.medians - 0.06).abs() < 1e-9 && (spread.minima - 0.06).abs() < 1e-9);
        assert!(of_spread(creation(), &records).contains("3 times"));
        assert_eq!(
            summary_of_spread(&records),
            "1 of 2 rows on one CPU keep within 5 % in median and minimum, over 3 records.\n  \
             not creation/thread\n"
        );
    }

    #[test]
    fn an_amount_has_three_digits_and_the_unit_that_fits() {
        for (unit, value, text) in [
            (Unit::Nanoseconds, 0.21, "0.21 ns"),
            (Unit::Nanoseconds, 9.996, "10.0 ns"),
            (Unit::Nanoseconds, 19.34, "19.3 ns"),
            (Unit::Nanoseconds, 999.4, "999 ns"),
            (Unit::Nanoseconds, 999.6, "1.00 µs"),
            (Unit::Nanoseconds, 4387.0, "4.39 µs"),
            (Unit::Nanoseconds, 136_970_240.0, "137 ms"),
            (Unit::Nanoseconds, 7.2e9, "7.20 s"),
            (Unit::Bytes, 16385.0, "16.0 KiB"),
            (Unit::Bytes, 1_437_760.0, "1.37 MiB"),
        ] {
            assert_eq!(amount(unit, value), text);
        }
    }

    #[test]
    fn a_count_is_whole_unless_it_is_not() {
        assert_eq!([2.0, 2.01, 3.5, 0.0].map(number), ["2", "2", "3.5", "0"]);
    }
}
