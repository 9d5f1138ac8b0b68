//! The figures that the book's prose quotes, each computed from a record.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use crate::record::{Figure, Outcome, Ratio, Record, Unit};

/// A figure by its name, and how it comes from the rows.
pub struct Quoted {
    pub name: &'static str,
    how: How,
}

enum How {
    /// What a row says: `21 ms`, `118 KiB`.
    Amount(&'static str),
    /// The mean of all samples of a row, the disturbed ones too.
    Mean(&'static str),
    /// What rows of one unit come to together.
    Sum(&'static [&'static str]),
    /// How many times the first row takes what the second does.
    Times(&'static str, &'static str),
    /// How much more the first row takes than the second.
    More(&'static str, &'static str),
    /// What each of so many MiB adds to the second row in the first.
    PerMib(&'static str, &'static str, f64),
    /// Page faults for one operation.
    Faults(&'static str),
    /// Context switches for one operation.
    Switches(&'static str),
    /// System calls for one operation.
    Calls(&'static str),
}

const fn quoted(name: &'static str, how: How) -> Quoted {
    Quoted { name, how }
}

/// All of them, in the order of the file.
pub const FIGURES: &[Quoted] = &[
    quoted("system-call", How::Amount("floor/system-call")),
    quoted("system-call-mean", How::Mean("floor/system-call")),
    // Creation.
    quoted("thread-creation", How::Amount("creation/thread")),
    quoted("fork-creation", How::Amount("creation/fork")),
    quoted(
        "fork-per-thread",
        How::Times("creation/fork", "creation/thread"),
    ),
    quoted(
        "vfork-per-thread",
        How::Times("creation/vfork", "creation/thread"),
    ),
    quoted(
        "spawn-per-thread",
        How::Times("creation/spawn-static", "creation/thread"),
    ),
    quoted(
        "exec-per-thread",
        How::Times("creation/fork-exec-dynamic", "creation/thread"),
    ),
    quoted(
        "large-stack-per-thread",
        How::Times("creation/thread-large-stack", "creation/thread"),
    ),
    quoted("task-creation", How::Amount("creation/task")),
    // A new program beside a fork.
    quoted(
        "spawn-static-per-fork",
        How::Times("creation/spawn-static", "creation/fork"),
    ),
    quoted(
        "fork-exec-dynamic-per-fork",
        How::Times("creation/fork-exec-dynamic", "creation/fork"),
    ),
    quoted(
        "thread-per-pthread",
        How::Times("creation/thread", "creation/pthread"),
    ),
    quoted("calls-of-thread", How::Calls("creation/thread")),
    quoted("calls-of-pthread", How::Calls("creation/pthread")),
    quoted("fork-faults", How::Faults("creation/fork")),
    quoted(
        "fork-per-vfork",
        How::Times("creation/fork", "creation/vfork"),
    ),
    quoted(
        "fork-exec-per-spawn",
        How::Times("creation/fork-exec-dynamic", "creation/spawn-dynamic"),
    ),
    // Fork and the memory of the parent.
    quoted(
        "fork-per-vfork-of-16-mib",
        How::Times("fork-memory/fork/small/16", "fork-memory/vfork/small/16"),
    ),
    quoted(
        "spawn-of-0-mib",
        How::Amount("fork-memory/spawn-static/small/0"),
    ),
    quoted(
        "spawn-of-4-gib",
        How::Amount("fork-memory/spawn-static/small/4096"),
    ),
    quoted(
        "fork-call-of-0-mib",
        How::Amount("fork-memory/fork-call/small/0"),
    ),
    quoted(
        "fork-call-of-16-mib",
        How::Amount("fork-memory/fork-call/small/16"),
    ),
    quoted(
        "fork-call-of-1-gib",
        How::Amount("fork-memory/fork-call/small/1024"),
    ),
    quoted(
        "fork-call-of-1-gib-huge",
        How::Amount("fork-memory/fork-call/huge/1024"),
    ),
    quoted(
        "fork-call-per-mib",
        How::PerMib(
            "fork-memory/fork-call/small/1024",
            "fork-memory/fork-call/small/0",
            1024.0,
        ),
    ),
    quoted("fork-of-1-gib", How::Amount("fork-memory/fork/small/1024")),
    quoted(
        "fork-exec-of-1-gib",
        How::Amount("fork-memory/fork-exec-static/small/1024"),
    ),
    quoted(
        "fork-call-of-60000-mappings",
        How::Amount("fork-memory/fork-call/mappings/60000"),
    ),
    quoted(
        "fork-call-of-16000-descriptors",
        How::Amount("fork-memory/fork-call/descriptors/16000"),
    ),
    quoted(
        "vfork-of-60000-mappings",
        How::Amount("fork-memory/vfork/mappings/60000"),
    ),
    quoted(
        "thread-of-60000-mappings",
        How::Amount("fork-memory/thread/mappings/60000"),
    ),
    quoted(
        "spawn-of-1-gib",
        How::Amount("fork-memory/spawn-static/small/1024"),
    ),
    quoted(
        "vfork-of-1-gib",
        How::Amount("fork-memory/vfork/small/1024"),
    ),
    quoted(
        "thread-of-1-gib",
        How::Amount("fork-memory/thread/small/1024"),
    ),
    // Copy-on-write, for a page of 4 KiB.
    quoted(
        "first-touch",
        How::Amount("copy-on-write/first-touch/small"),
    ),
    quoted("write", How::Amount("copy-on-write/write/small")),
    quoted(
        "write-after-fork",
        How::Amount("copy-on-write/after-fork/small"),
    ),
    quoted(
        "write-after-fork-huge",
        How::Amount("copy-on-write/after-fork/huge"),
    ),
    quoted(
        "write-after-child",
        How::Amount("copy-on-write/child-gone/small"),
    ),
    quoted(
        "write-after-fork-per-write",
        How::Times(
            "copy-on-write/after-fork/small",
            "copy-on-write/write/small",
        ),
    ),
    quoted(
        "faults-after-fork-huge",
        How::Faults("copy-on-write/after-fork/huge"),
    ),
    // Switching: processes in threads.
    quoted(
        "switch-by-pipe",
        How::Times("switching/pipe/processes/one", "switching/pipe/threads/one"),
    ),
    quoted(
        "switch-by-pipe-one-table",
        How::Times(
            "switching/pipe/processes-one-table/one",
            "switching/pipe/threads/one",
        ),
    ),
    quoted(
        "switch-by-pipe-two-tables",
        How::Times(
            "switching/pipe/processes/one",
            "switching/pipe/threads-two-tables/one",
        ),
    ),
    quoted(
        "shared-table-of-threads",
        How::More(
            "switching/pipe/threads/one",
            "switching/pipe/threads-two-tables/one",
        ),
    ),
    quoted(
        "switch-by-futex",
        How::Times(
            "switching/futex/processes/one",
            "switching/futex/threads/one",
        ),
    ),
    quoted(
        "switch-by-yield",
        How::Times(
            "switching/yield/processes/one",
            "switching/yield/threads/one",
        ),
    ),
    quoted(
        "switch-with-4-mib-shared",
        How::Times(
            "switching/pipe/processes/one/4M-shared",
            "switching/pipe/threads/one/4M-shared",
        ),
    ),
    quoted(
        "sharing-512-kib-of-processes",
        How::Times(
            "switching/pipe/processes/one/512K",
            "switching/pipe/processes/one/512K-shared",
        ),
    ),
    quoted(
        "sharing-512-kib-of-threads",
        How::Times(
            "switching/pipe/threads/one/512K",
            "switching/pipe/threads/one/512K-shared",
        ),
    ),
    quoted(
        "yield-of-threads",
        How::Amount("switching/yield/threads/one"),
    ),
    quoted("yield-of-tasks", How::Amount("switching/yield/tasks/one")),
    quoted(
        "pipe-on-two-cpus",
        How::Amount("switching/pipe/processes/two"),
    ),
    quoted(
        "two-cpus-per-one",
        How::Times(
            "switching/pipe/processes/two",
            "switching/pipe/processes/one",
        ),
    ),
    quoted(
        "switches-of-round-trip",
        How::Switches("switching/pipe/processes/one"),
    ),
    // Talking: one message in a stream of them, or a message and its answer.
    quoted(
        "pipe-8-b",
        How::Amount("talking/throughput/pipe/processes/one/8"),
    ),
    quoted(
        "ring-8-b",
        How::Amount("talking/throughput/ring/processes/one/8"),
    ),
    quoted(
        "pipe-64-kib",
        How::Amount("talking/throughput/pipe/processes/one/65536"),
    ),
    quoted(
        "socket-64-kib",
        How::Amount("talking/throughput/socket/processes/one/65536"),
    ),
    quoted(
        "ring-64-kib",
        How::Amount("talking/throughput/ring/processes/one/65536"),
    ),
    quoted(
        "ring-of-processes-per-threads",
        How::Times(
            "talking/throughput/ring/processes/one/65536",
            "talking/throughput/ring/threads/one/65536",
        ),
    ),
    quoted(
        "pipe-of-processes-per-threads",
        How::Times(
            "talking/round-trip/pipe/processes/one/8",
            "talking/round-trip/pipe/threads/one/8",
        ),
    ),
    quoted(
        "pipe-per-channel-1-mib",
        How::Times(
            "talking/round-trip/pipe/processes/one/1048576",
            "talking/round-trip/channel/threads/one/1048576",
        ),
    ),
    quoted(
        "pipe-round-trip",
        How::Amount("talking/round-trip/pipe/processes/one/8"),
    ),
    quoted(
        "channel-round-trip",
        How::Amount("talking/round-trip/channel/threads/one/8"),
    ),
    quoted(
        "condvar-round-trip",
        How::Amount("talking/round-trip/condvar/threads/one/8"),
    ),
    // Memory of an idle task.
    quoted(
        "memory-of-thread",
        How::Sum(&[
            "memory/thread/private",
            "memory/thread/kernel-stack",
            "memory/thread/page-tables",
            "memory/thread/slab",
        ]),
    ),
    quoted(
        "kernel-stack-of-thread",
        How::Amount("memory/thread/kernel-stack"),
    ),
    quoted(
        "virtual-size-of-thread",
        How::Amount("memory/thread/virtual"),
    ),
    quoted(
        "memory-of-fork",
        How::Sum(&[
            "memory/fork/private",
            "memory/fork/kernel-stack",
            "memory/fork/page-tables",
            "memory/fork/slab",
        ]),
    ),
    quoted(
        "memory-of-program",
        How::Sum(&[
            "memory/program/private",
            "memory/program/kernel-stack",
            "memory/program/page-tables",
            "memory/program/slab",
        ]),
    ),
    quoted("resident-size-of-fork", How::Amount("memory/fork/resident")),
    quoted(
        "proportional-size-of-fork",
        How::Amount("memory/fork/proportional"),
    ),
    // What "no extra overhead" hides.
    quoted("mutex-per-add", How::Times("locking/mutex", "locking/add")),
    quoted(
        "atomic-per-add",
        How::Times("locking/atomic-add", "locking/add"),
    ),
    quoted(
        "contended-per-mutex",
        How::Times("locking/mutex-contended/two", "locking/mutex"),
    ),
    quoted(
        "same-line-per-apart",
        How::Times("locking/same-line/two", "locking/apart/two"),
    ),
    quoted(
        "sleeper-and-pipe",
        How::Times("locking/pipe-with-sleeper", "locking/pipe-alone"),
    ),
];

impl Quoted {
    /// The figure as prose has it: `4.7`, `21 ms`, `118 KiB`.
    ///
    /// # Errors
    /// A row that the record lacks, by its id.
    pub fn of(&self, record: &Record) -> Result<String> {
        self.said(record, false)
    }

    /// The same; of a ratio with its interval: `1.03 (1.01 to 1.05)`.
    ///
    /// # Errors
    /// As for [`Self::of`].
    pub fn with_interval(&self, record: &Record) -> Result<String> {
        self.said(record, true)
    }

    fn said(&self, record: &Record, with_interval: bool) -> Result<String> {
        let row = |id| {
            row(record, id).with_context(|| format!("the figure {} can't be computed", self.name))
        };
        Ok(match self.how {
            How::Amount(id) => {
                let (figure, unit) = row(id)?;
                amount(figure.quoted(), unit)
            }
            How::Sum(ids) => {
                let rows = ids.iter().map(|id| row(id)).collect::<Result<Vec<_>>>()?;
                let sum = rows.iter().map(|(figure, _)| figure.quoted()).sum();
                amount(sum, rows[0].1)
            }
            How::Times(over, under) => {
                row(over)?;
                row(under)?;
                let ratio = record.ratio(over, under).expect("both were measured");
                if with_interval {
                    between(ratio)
                } else {
                    times(ratio.value)
                }
            }
            How::More(over, under) => {
                let ((over, unit), (under, _)) = (row(over)?, row(under)?);
                let more = if over.noisy || under.noisy {
                    over.minimum - under.minimum
                } else {
                    over.median - under.median
                };
                amount(more, unit)
            }
            How::Mean(id) => {
                let (figure, unit) = row(id)?;
                amount(figure.mean, unit)
            }
            How::PerMib(with, without, mib) => {
                let ((with, unit), (without, _)) = (row(with)?, row(without)?);
                amount((with.quoted() - without.quoted()) / mib, unit)
            }
            How::Faults(id) => count(row(id)?.0.faults),
            How::Switches(id) => count(row(id)?.0.switches),
            How::Calls(id) => {
                let calls = row(id)?.0.calls.as_ref();
                let calls = calls.with_context(|| {
                    format!(
                        "the figure {} can't be computed: the system calls of {id} weren't counted",
                        self.name
                    )
                })?;
                count(calls.values().sum())
            }
        })
    }
}

/// A figure by its name.
pub(crate) fn by_name(name: &str) -> Option<&'static Quoted> {
    FIGURES.iter().find(|figure| figure.name == name)
}

/// The file that chapters include figures from, each by its name as the anchor.
///
/// # Errors
/// A row that the record lacks, by its id.
pub fn text(record: &Record) -> Result<String> {
    let mut text = String::from(
        "Made by `cargo run -- record` from lab/record.json. A chapter quotes a figure by its name:\n\
         {{#include ../lab/figures.txt:NAME}}\n",
    );
    for figure in FIGURES {
        let mut write = |name: &str, said: &str| {
            _ = write!(text, "\nANCHOR: {name}\n{said}\nANCHOR_END: {name}\n");
        };
        write(figure.name, &figure.of(record)?);
        if let How::Times(..) = figure.how {
            let name = format!("{}-interval", figure.name);
            write(&name, &figure.with_interval(record)?);
        }
    }
    Ok(text)
}

fn row<'a>(record: &'a Record, id: &str) -> Result<(&'a Figure, Unit)> {
    let Some(row) = record.row(id) else {
        bail!("the record has no row {id}");
    };
    match &row.outcome {
        Outcome::Measured(figure) => Ok((figure, row.unit)),
        Outcome::NotHere(why) => bail!("the row {id} wasn't measured: {why}"),
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

/// A ratio and the interval in which it lies, if there is one and its ends differ: `1.03 (1.01 to
/// 1.05)`.
pub(crate) fn between(ratio: Ratio) -> String {
    let said = times(ratio.value);
    match ratio.interval.map(|(low, high)| (times(low), times(high))) {
        Some((low, high)) if low != high => format!("{said} ({low} to {high})"),
        _ => said,
    }
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

    use crate::chart::CHARTS;
    use crate::chart::tests::{record, row as measured};
    use crate::published;

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
            assert_eq!(by_name(name).context(name)?.of(&record)?, said, "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_row_that_is_missing_or_was_not_measured_is_named() {
        let fork = by_name("fork-per-thread").expect("it is there");
        let said = |rows: Vec<_>| format!("{:#}", fork.of(&record(rows)).expect_err("a lack"));
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
    fn each_figure_is_quoted_by_a_chapter_a_chart_or_the_table_of_the_published() {
        let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src");
        let chapters = fs::read_dir(book).expect("the chapters are there");
        let mut text = String::new();
        for file in chapters.map(|entry| entry.expect("its name").path()) {
            if file.extension().is_some_and(|end| end == "md") {
                text += &fs::read_to_string(&file).expect("a chapter");
            }
        }
        let lessons = CHARTS.iter().flat_map(|chart| chart.lessons);
        let published = published::ALL.iter().map(|published| &published.here);
        let lessons: String = lessons.chain(published).copied().collect();
        for Quoted { name, .. } in FIGURES {
            let is_quoted = ["", "-interval"]
                .iter()
                .any(|form| text.contains(&format!("figures.txt:{name}{form}}}")));
            let is_in_chart = lessons.contains(&format!("{{{name}}}"));
            assert!(is_quoted || is_in_chart, "{name} is quoted nowhere");
        }
    }

    #[test]
    fn no_name_is_given_twice_and_each_is_its_own_anchor() {
        for (index, figure) in FIGURES.iter().enumerate() {
            let first = FIGURES.iter().position(|other| other.name == figure.name);
            assert_eq!(first, Some(index), "{}", figure.name);
        }
    }
}
