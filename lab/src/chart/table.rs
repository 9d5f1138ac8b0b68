//! The same figures for who can't see the chart, or wants them exactly.

use maud::{Markup, html};

use super::{Shown, Source};
use crate::record::{Figure, Unit};

const COLUMNS: [&str; 8] = [
    "minimum", "p10", "median", "p90", "samples", "rejected", "switches", "faults",
];

/// A row for each that one of the records has; the machines beside each other.
pub fn draw(sources: &[Source], shown: &[Shown]) -> Markup {
    html! {
        p {
            "For one operation, or one task. The figure to quote is in bold. Rejected are samples \
             during which others took the CPU, or part of its core."
        } "\n"
        div.table-wrapper style="font-size: 0.85em; white-space: nowrap" { table { "\n"
            thead {
                tr {
                    th {} th {}
                    @for source in sources {
                        th colspan=(COLUMNS.len()) scope="colgroup" { (source.name()) }
                    }
                } "\n"
                tr {
                    th scope="col" { "row" } th scope="col" { "unit" }
                    @for _ in sources { @for column in COLUMNS { th scope="col" { (column) } } }
                }
            } "\n"
            tbody { "\n" @for row in shown { (line(sources, row)) } }
        } } "\n"
    }
}

fn line(sources: &[Source], Shown { label, id }: &Shown) -> Markup {
    let Some(row) = sources.iter().find_map(|source| source.record.row(id)) else {
        return html! {};
    };
    let figures = sources.iter().filter_map(|source| source.record.figure(id));
    let largest = figures.map(|figure| figure.median).fold(0.0, f64::max);
    let (unit, size) = suited(largest, row.unit);
    html! {
        tr {
            th scope="row" style="text-align: left" { (label) } td { (unit) }
            @for source in sources {
                @match source.outcome(id) {
                    Some(Ok(figure)) => (cells(figure, size)),
                    outcome => {
                        td colspan=(COLUMNS.len()) style="white-space: normal" {
                            "not measured" @if let Some(Err(why)) = outcome { ": " (why) }
                        }
                    }
                }
            }
        } "\n"
    }
}

fn cells(figure: &Figure, size: f64) -> Markup {
    let [minimum, p10, median, p90] =
        [figure.minimum, figure.p10, figure.median, figure.p90].map(|value| digits(value / size));
    html! {
        td { @if figure.noisy { strong { (minimum) } } @else { (minimum) } }
        td { (p10) }
        td { @if figure.noisy { (median) } @else { strong { (median) } } }
        td { (p90) } td { (figure.samples) }
        td { (figure.rejected) @if figure.noisy { ", noisy" } }
        td { (digits(figure.switches)) } td { (digits(figure.faults)) }
    }
}

/// The unit for a row whose largest figure is this, and its size.
fn suited(figure: f64, unit: Unit) -> (&'static str, f64) {
    let units: [(&str, f64); 3] = match unit {
        Unit::Nanoseconds => [("ns", 1.0), ("µs", 1e3), ("ms", 1e6)],
        Unit::Bytes => [("bytes", 1.0), ("KiB", 1024.0), ("MiB", 1_048_576.0)],
    };
    *units
        .iter()
        .rfind(|(_, size)| figure >= *size)
        .unwrap_or(&units[0])
}

/// Three digits and no more zeros than that needs.
fn digits(value: f64) -> String {
    let decimals = match value {
        _ if value.fract() == 0.0 => 0,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}
