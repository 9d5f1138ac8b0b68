//! The same figures for who can't see the chart, or wants them exactly.

use super::{Shown, Source, escape};
use crate::record::{Figure, Unit};

const COLUMNS: [&str; 8] = [
    "minimum", "p10", "median", "p90", "samples", "rejected", "switches", "faults",
];

/// A row for each that one of the records has; the machines beside each other.
pub fn draw(sources: &[Source], shown: &[Shown]) -> String {
    let machines: String = sources
        .iter()
        .map(|source| {
            let (width, name) = (COLUMNS.len(), source.name());
            format!("<th colspan=\"{width}\" scope=\"colgroup\">{name}</th>")
        })
        .collect();
    let columns: String = COLUMNS
        .iter()
        .map(|column| format!("<th scope=\"col\">{column}</th>"))
        .collect::<String>()
        .repeat(sources.len());
    let mut rows = String::new();
    for Shown { label, id } in shown {
        let Some(unit) = sources
            .iter()
            .find_map(|source| Some(source.record.row(id)?.unit))
        else {
            continue;
        };
        let largest = sources
            .iter()
            .filter_map(|source| source.record.figure(id))
            .map(|figure| figure.median)
            .fold(0.0, f64::max);
        let (unit, size) = suited(largest, unit);
        let cells: String = sources
            .iter()
            .map(|source| match source.outcome(id) {
                Some(Ok(figure)) => cells(figure, size),
                Some(Err(why)) => said(&format!("not measured: {why}")),
                None => said("not measured"),
            })
            .collect();
        rows += &format!(
            "<tr><th scope=\"row\" style=\"text-align: left\">{}</th><td>{unit}</td>{cells}</tr>\n",
            escape(label)
        );
    }
    format!(
        "<p>For one operation, or one task. The figure to quote is in bold. Rejected are samples during which \
         others took the CPU, or part of its core.</p>\n\
         <div class=\"table-wrapper\" style=\"font-size: 0.85em; white-space: nowrap\"><table>\n\
         <thead><tr><th></th><th></th>{machines}</tr>\n\
         <tr><th scope=\"col\">row</th><th scope=\"col\">unit</th>{columns}</tr></thead>\n\
         <tbody>\n{rows}</tbody></table></div>\n"
    )
}

fn cells(figure: &Figure, size: f64) -> String {
    let [minimum, p10, median, p90] =
        [figure.minimum, figure.p10, figure.median, figure.p90].map(|value| digits(value / size));
    let (minimum, median, noisy) = if figure.noisy {
        (format!("<strong>{minimum}</strong>"), median, ", noisy")
    } else {
        (minimum, format!("<strong>{median}</strong>"), "")
    };
    let (samples, rejected) = (figure.samples, figure.rejected);
    let (switches, faults) = (digits(figure.switches), digits(figure.faults));
    format!(
        "<td>{minimum}</td><td>{p10}</td><td>{median}</td><td>{p90}</td><td>{samples}</td>\
         <td>{rejected}{noisy}</td><td>{switches}</td><td>{faults}</td>"
    )
}

fn said(why: &str) -> String {
    let width = COLUMNS.len();
    format!(
        "<td colspan=\"{width}\" style=\"white-space: normal\">{}</td>",
        escape(why)
    )
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
