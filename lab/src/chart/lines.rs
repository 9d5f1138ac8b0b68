//! Curves on two logarithmic axes, and for each machine a drawing of its own.

use super::axis::Axis;
use super::mark::{Mark, Shape};
use super::{Chart, Form, Source, Word, escape, paragraph, refusals};
use crate::record::Unit;

const LEFT: f64 = 58.0;
const RIGHT: f64 = 366.0;
const HEIGHT: f64 = 250.0;

/// Solid, and dashed with small marks; the colours only help.
const STROKES: [(&str, &str); 2] = [("var(--links)", "none"), ("currentColor", "5 4")];

/// The id of a row by its words.
pub fn id(pattern: &str, line: &Word, stroke: &Word, point: &Word) -> String {
    pattern
        .replace("LINE", line.0)
        .replace("STROKE", stroke.0)
        .replace("POINT", point.0)
}

/// A stroke as a letter of the legend.
pub fn key(stroke: usize) -> String {
    let (colour, dashes) = STROKES[stroke];
    format!(
        r#"<svg viewBox="0 0 28 14" width="28" height="14" aria-hidden="true"><path d="M0 7H28" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/></svg>"#
    )
}

/// Where points lie, from the left. Zero lies apart, for it has no place on such an axis.
fn places(points: &[Word]) -> Vec<f64> {
    let powers: Vec<Option<f64>> = points
        .iter()
        .map(|(number, _)| {
            let number: f64 = number.parse().expect("a point's word is a number");
            (number > 0.0).then(|| number.log2())
        })
        .collect();
    let there = || powers.iter().flatten().copied();
    let (least, most) = (
        there().fold(f64::MAX, f64::min),
        there().fold(0.0, f64::max),
    );
    let zero = least - 0.15 * (most - least);
    let first = if powers.contains(&None) { zero } else { least };
    powers
        .into_iter()
        .map(|power| {
            let share = (power.unwrap_or(zero) - first) / (most - first);
            LEFT + 14.0 + share * (RIGHT - LEFT - 28.0)
        })
        .collect()
}

/// The drawings, and their height.
pub fn draw(chart: &Chart, sources: &[Source]) -> (String, f64) {
    let Form::Lines {
        panels,
        lines,
        strokes,
        points,
        across,
    } = &chart.form
    else {
        unreachable!("it is asked for lines alone")
    };
    let shown = chart.shown();
    let mut figures = Vec::new();
    for source in sources {
        for row in &shown {
            if let Some(figure) = source.record.figure(&row.id) {
                figures.extend([figure.quoted(), figure.p10, figure.p90]);
            }
        }
    }
    // One scale for all drawings, so that they can be compared.
    let unit = Unit::Nanoseconds;
    let axis = Axis::of(&figures, unit, true, HEIGHT, 0.0);
    let places = places(points);

    let mut all = String::new();
    let mut y = 0.0;
    for (heading, pattern) in *panels {
        for source in sources {
            let title = if heading.is_empty() {
                source.name().to_owned()
            } else {
                format!("{heading}, {}", source.name())
            };
            all += &format!(
                "<text x=\"4\" y=\"{}\" font-size=\"13\" font-weight=\"bold\">{}</text>\n\
                 <g transform=\"translate(0 {})\">\n",
                y + 14.0,
                escape(&title),
                y + 26.0,
            );
            all += &grid(&axis, points, &places, across);
            for (line, shape) in lines.iter().zip(Shape::ALL) {
                for (stroke, (colour, dashes)) in strokes.iter().zip(STROKES) {
                    let mark = Mark {
                        shape,
                        colour,
                        is_small: dashes != "none",
                    };
                    all += &curve(
                        *source,
                        &axis,
                        points.iter().zip(&places).map(|(point, x)| {
                            (id(pattern, line, stroke, point), point.0 == "0", *x)
                        }),
                        mark,
                        dashes,
                    );
                }
            }
            all += "</g>\n";
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
            all += &text;
            y = next - 8.0;
        }
    }
    (all, y + 4.0)
}

fn grid(axis: &Axis, points: &[Word], places: &[f64], across: &str) -> String {
    let mut grid = String::new();
    for tick in axis.ticks() {
        let y = axis.place(tick);
        grid += &format!(
            "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"currentColor\" opacity=\"0.2\"/>\n\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
            LEFT - 4.0,
            y + 4.0,
            super::tick(tick, Unit::Nanoseconds),
        );
    }
    for ((_, label), x) in points.iter().zip(places) {
        grid += &format!(
            "<path d=\"M{x:.1} {HEIGHT}v5\" stroke=\"currentColor\"/>\n\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
            HEIGHT + 17.0,
            escape(label),
        );
    }
    grid + &format!(
        "<text x=\"{RIGHT}\" y=\"{}\" text-anchor=\"end\">{} (both axes are logarithmic)</text>\n",
        HEIGHT + 33.0,
        escape(across),
    )
}

/// A line through what was measured, from p10 to p90 a bar at each point.
fn curve(
    source: Source,
    axis: &Axis,
    points: impl Iterator<Item = (String, bool, f64)>,
    mark: Mark,
    dashes: &str,
) -> String {
    let (mut path, mut marks) = (String::new(), String::new());
    for (id, is_zero, x) in points {
        let Some(figure) = source.record.figure(&id) else {
            continue;
        };
        let y = axis.place(figure.quoted());
        // A line from zero would claim what lies between.
        if !is_zero {
            let command = if path.is_empty() { 'M' } else { 'L' };
            path += &format!("{command}{x:.1} {y:.1}");
        }
        marks += &format!(
            "<path d=\"M{x:.1} {:.1}V{:.1}\" stroke=\"{}\" stroke-width=\"4\" opacity=\"0.35\"/>\n",
            axis.place(figure.p10),
            axis.place(figure.p90),
            mark.colour,
        );
        marks += &mark.at(x, y, figure.noisy);
    }
    if !path.is_empty() {
        path = format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\" stroke-dasharray=\"{dashes}\"/>\n",
            mark.colour
        );
    }
    path + &marks
}
