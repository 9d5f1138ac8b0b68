//! One line for each row: from p10 to p90 a bar, and a mark at the figure to quote.

use std::iter;

use maud::{Markup, PreEscaped, Render, html};

use super::axis::Axis;
use super::mark::{Mark, Shape};
use super::{Chart, Source, entry, extremes, heading, paragraph, text};
use crate::figures::{amount, between};
use crate::record::{Ratio, Unit};

/// Where the axis begins and ends. Behind it stand the figures.
const FROM: f64 = 8.0;
const TO: f64 = 276.0;
const END: f64 = 376.0;

/// The mark of one of the series of a machine: no two have the same shape. The colour tells the
/// series apart, or where there is but one, the machines.
fn mark(chart: &Chart, index: usize, source: Source) -> Mark {
    let is_first = if chart.series.len() == 1 {
        !source.is_yours
    } else {
        index == 0
    };
    let all = Shape::ALL;
    Mark {
        shape: all[(index + 3 * usize::from(source.is_yours)) % all.len()],
        colour: if is_first {
            "var(--links)"
        } else {
            "currentColor"
        },
        is_small: false,
    }
}

/// What the ratios of a chart are.
pub const RATIO: &str = "processes ÷ threads";

/// Whether a chart compares processes with threads.
fn has_ratios(chart: &Chart) -> bool {
    chart.series.keys().take(2).eq(["processes", "threads"])
}

/// How many times processes take what threads do, on the last of the machines.
fn ratio(chart: &Chart, sources: &[Source], pattern: &str) -> Option<Ratio> {
    let side = |word| pattern.replace('*', word);
    let record = sources.last()?.record;
    has_ratios(chart)
        .then(|| record.ratio(&side("processes"), &side("threads")))
        .flatten()
}

/// All ratios of a chart, each with its row's label.
pub fn ratios<'a>(chart: &'a Chart, sources: &[Source]) -> impl Iterator<Item = (&'a str, Ratio)> {
    let rows = chart.rows.iter();
    rows.filter_map(|(label, pattern)| Some((label.as_str(), ratio(chart, sources, pattern)?)))
}

pub fn legend(
    chart: &Chart,
    sources: &[Source],
    machine: impl Fn(&Source) -> Markup,
) -> Vec<Markup> {
    let of_source = |source: &Source| {
        html! {
            @for (index, meaning) in chart.series.values().enumerate() {
                (entry(&mark(chart, index, *source).key(), meaning)) " "
            }
            "on " (machine(source))
        }
    };
    let of_ratios = sources.last().filter(|_| has_ratios(chart)).map(|source| {
        html! {
            "Behind a row's name, " (RATIO) " on " (source.name()) ": the ratio of the medians, \
             and in brackets its 95 % interval, by a bootstrap."
        }
    });
    sources.iter().map(of_source).chain(of_ratios).collect()
}

/// The drawing, and its height.
pub fn draw(chart: &Chart, sources: &[Source]) -> (Markup, f64) {
    let shown = chart.shown();
    let rows = sources
        .iter()
        .flat_map(|source| iter::repeat(source.record).zip(&shown));
    let unit = rows
        .filter_map(|(record, row)| Some(record.row(&row.id)?.unit))
        .last();
    let unit = unit.unwrap_or(Unit::Nanoseconds);
    let figures = extremes(sources, &shown);
    let axis = Axis::of(&figures, unit, false, FROM, TO);

    let mut lines = String::new();
    let mut y = 14.0;
    for (row, (label, pattern)) in shown.chunks(chart.series.len()).zip(&chart.rows) {
        let is_there = |source: &Source| row.iter().any(|row| source.record.row(&row.id).is_some());
        if !sources.iter().any(is_there) {
            continue;
        }
        heading(FROM, y, label).render_to(&mut lines);
        if let Some(ratio) = ratio(chart, sources, pattern) {
            text(END, y, Some("end"), &between(ratio)).render_to(&mut lines);
        }
        y += 16.0;
        for source in sources {
            for (index, (row, meaning)) in row.iter().zip(chart.series.values()).enumerate() {
                match source.outcome(&row.id) {
                    Some(Ok(figure)) => {
                        let mark = mark(chart, index, *source);
                        let (middle, quoted) = (y - 4.0, figure.quoted());
                        let (from, to) = (axis.place(figure.p10), axis.place(figure.p90));
                        let noisy = if figure.noisy { " noisy" } else { "" };
                        html! {
                            path d=(format_args!("M{from:.1} {middle}H{to:.1}")) stroke=(mark.colour)
                                stroke-width="5" stroke-linecap="round" opacity="0.35" {} "\n"
                            // Zero has no place on a logarithmic axis.
                            @if quoted > 0.0 || !axis.is_log() {
                                (mark.at(axis.place(quoted), middle, figure.noisy)) "\n"
                            }
                            (text(END, y, Some("end"), &(amount(quoted, unit) + noisy)))
                        }
                        .render_to(&mut lines);
                        y += 17.0;
                    }
                    Some(Err(why)) => {
                        let whose = if source.is_yours {
                            "your machine, "
                        } else {
                            ""
                        };
                        let what = format!("{whose}{meaning} not measured: {why}");
                        let (text, next) = paragraph(what.trim_start(), FROM, y);
                        text.render_to(&mut lines);
                        y = next + 1.0;
                    }
                    None => {}
                }
            }
        }
        y += 7.0;
    }

    let bottom = y - 8.0;
    if figures.is_empty() {
        return (PreEscaped(lines), bottom);
    }
    let drawing = html! {
        // Behind the marks.
        @for tick in axis.ticks() {
            @let x = axis.place(tick);
            @let anchor = if x < FROM + 20.0 { "start" } else { "middle" };
            path d=(format_args!("M{x:.1} 18V{bottom}")) stroke="currentColor" opacity="0.2" {} "\n"
            (text(format_args!("{x:.1}"), bottom + 14.0, Some(anchor), &super::tick(tick, unit)))
        }
        @if axis.is_log() { (text(FROM, bottom + 30.0, None, "logarithmic axis")) }
        (PreEscaped(lines))
    };
    (drawing, bottom + 36.0)
}
