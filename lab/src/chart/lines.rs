//! Curves on two logarithmic axes, and for each machine a drawing of its own.

use maud::{Markup, PreEscaped, Render, html};

use super::axis::Axis;
use super::mark::{Mark, Shape};
use super::{
    Chart, Curves, Shown, Source, Words, entry, extremes, heading, paragraph, refusals, text,
};
use crate::record::Unit;

const LEFT: f64 = 58.0;
const RIGHT: f64 = 366.0;
const HEIGHT: f64 = 250.0;

/// Solid, and dashed with small marks; the colours only help.
pub const STROKES: [(&str, &str); 2] = [("var(--links)", "none"), ("currentColor", "5 4")];

/// A stroke as a letter of the legend.
fn key((colour, dashes): (&str, &str)) -> Markup {
    html! {
        svg viewBox="0 0 28 14" width="28" height="14" aria-hidden="true" {
            path d="M0 7H28" stroke=(colour) stroke-width="2" stroke-dasharray=(dashes) {}
        }
    }
}

pub fn legend(
    chart: &Chart,
    curves: &Curves,
    sources: &[Source],
    machine: impl Fn(&Source) -> Markup,
) -> Vec<Markup> {
    let series = chart
        .series
        .values()
        .zip(Shape::ALL)
        .map(|(meaning, shape)| {
            let mark = Mark {
                shape,
                colour: "currentColor",
                is_small: false,
            };
            entry(&mark.key(), meaning)
        });
    let strokes = curves.strokes.values().zip(STROKES);
    let strokes = strokes.map(|(meaning, stroke)| entry(&key(stroke), meaning));
    let line = |entries: Vec<Markup>| {
        html! {
            @for (index, entry) in entries.iter().enumerate() { @if index > 0 { " " } (entry) }
        }
    };
    let lines = [line(series.collect()), line(strokes.collect())];
    lines
        .into_iter()
        .chain(sources.iter().map(machine))
        .collect()
}

/// Where points lie, from the left. Zero lies apart, for it has no place on such an axis.
fn places(points: &Words) -> Vec<f64> {
    let power = |number: &String| {
        let number: f64 = number.parse().expect("it was checked");
        (number > 0.0).then(|| number.log2())
    };
    let powers: Vec<Option<f64>> = points.keys().map(power).collect();
    let there = || powers.iter().flatten().copied();
    let (least, most) = (
        there().fold(f64::MAX, f64::min),
        there().fold(0.0, f64::max),
    );
    let zero = least - 0.15 * (most - least);
    let first = if powers.contains(&None) { zero } else { least };
    let place = |power: &Option<f64>| {
        let share = (power.unwrap_or(zero) - first) / (most - first);
        LEFT + 14.0 + share * (RIGHT - LEFT - 28.0)
    };
    powers.iter().map(place).collect()
}

/// The drawings, and their height.
pub fn draw(chart: &Chart, curves: &Curves, sources: &[Source]) -> (Markup, f64) {
    let Curves {
        strokes, points, ..
    } = curves;
    let shown = chart.shown();
    // One scale for all drawings, so that they can be compared.
    let axis = Axis::of(
        &extremes(sources, &shown),
        Unit::Nanoseconds,
        true,
        HEIGHT,
        0.0,
    );
    let places = places(points);
    // What a curve is of, what a drawing has.
    let (each, whole) = (
        points.len(),
        points.len() * strokes.len() * chart.series.len(),
    );

    let mut all = String::new();
    let mut y = 0.0;
    for (label, rows) in chart.rows.keys().zip(shown.chunks(whole)) {
        for source in sources {
            let title = super::join(&[label, source.name()]);
            html! {
                (heading(4.0, y + 14.0, &title))
                g transform=(format_args!("translate(0 {})", y + 26.0)) { "\n"
                    (grid(&axis, curves, &places))
                    @for (curve, rows) in rows.chunks(each).enumerate() {
                        @let (colour, dashes) = STROKES[curve % strokes.len()];
                        @let shape = Shape::ALL[curve / strokes.len()];
                        @let mark = Mark { shape, colour, is_small: dashes != "none" };
                        (line(*source, &axis, rows.iter().zip(points.keys()).zip(&places), mark, dashes))
                    }
                } "\n"
            }
            .render_to(&mut all);
            y += HEIGHT + 70.0;
        }
    }
    for source in sources {
        for (why, rows) in refusals(*source, &shown) {
            let which = match &rows[..] {
                [row] => (*row).to_owned(),
                rows => format!("{} points, the first: {}", rows.len(), rows[0]),
            };
            let what = format!("Not measured on {}: {why} ({which}).", source.name());
            let (text, next) = paragraph(&what, 4.0, y + 12.0);
            text.render_to(&mut all);
            y = next - 8.0;
        }
    }
    (PreEscaped(all), y + 4.0)
}

fn grid(axis: &Axis, Curves { points, across, .. }: &Curves, places: &[f64]) -> Markup {
    let end = Some("end");
    html! {
        @for tick in axis.ticks() {
            @let y = axis.place(tick);
            @let amount = super::tick(tick, Unit::Nanoseconds);
            path d=(format_args!("M{LEFT} {y:.1}H{RIGHT}")) stroke="currentColor" opacity="0.2" {} "\n"
            (text(LEFT - 4.0, format_args!("{:.1}", y + 4.0), end, &amount))
        }
        @for (label, x) in points.values().zip(places) {
            path d=(format_args!("M{x:.1} {HEIGHT}v5")) stroke="currentColor" {} "\n"
            (text(format_args!("{x:.1}"), HEIGHT + 17.0, Some("middle"), label))
        }
        (text(RIGHT, HEIGHT + 33.0, end, &format!("{across} (both axes are logarithmic)")))
    }
}

/// A line through what was measured, from p10 to p90 a bar at each point.
fn line<'a>(
    source: Source,
    axis: &Axis,
    points: impl Iterator<Item = ((&'a Shown, &'a String), &'a f64)>,
    mark: Mark,
    dashes: &str,
) -> Markup {
    let (mut path, mut marks) = (String::new(), String::new());
    for ((row, point), x) in points {
        let Some(figure) = source.record.figure(&row.id) else {
            continue;
        };
        let y = axis.place(figure.quoted());
        // A line from zero would claim what lies between.
        if point != "0" {
            let command = if path.is_empty() { 'M' } else { 'L' };
            path += &format!("{command}{x:.1} {y:.1}");
        }
        let (from, to) = (axis.place(figure.p10), axis.place(figure.p90));
        html! {
            path d=(format_args!("M{x:.1} {from:.1}V{to:.1}")) stroke=(mark.colour)
                stroke-width="4" opacity="0.35" {} "\n"
            (mark.at(*x, y, figure.noisy)) "\n"
        }
        .render_to(&mut marks);
    }
    html! {
        @if !path.is_empty() {
            path d=(path) fill="none" stroke=(mark.colour) stroke-width="1.5"
                stroke-dasharray=(dashes) {} "\n"
        }
        (PreEscaped(marks))
    }
}
