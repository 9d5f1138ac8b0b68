//! One line for each row: from p10 to p90 a bar, and a mark at the figure to quote.

use super::axis::Axis;
use super::mark::{Mark, Shape};
use super::{Source, Word, escape, paragraph};
use crate::figures::{amount, between};
use crate::record::{Ratio, Unit};

/// Where the axis begins and ends. Behind it stand the figures.
const FROM: f64 = 8.0;
const TO: f64 = 276.0;

/// The mark of one of the series of a machine: no two have the same shape. The colour tells the
/// series apart, or where there is but one, the machines.
pub fn mark(series: &[Word], index: usize, source: Source) -> Mark {
    let is_first = if series.len() == 1 {
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

/// What [`ratio`] is.
pub const RATIO: &str = "processes ÷ threads";

/// Whether a chart compares processes with threads.
pub fn has_ratios(series: &[Word]) -> bool {
    let words = series.iter().map(|(word, _)| *word);
    words.take(2).eq(["processes", "threads"])
}

/// How many times processes take what threads do, on the last of the machines.
pub fn ratio(sources: &[Source], series: &[Word], pattern: &str) -> Option<Ratio> {
    let side = |word| pattern.replace('*', word);
    let record = sources.last()?.record;
    has_ratios(series)
        .then(|| record.ratio(&side("processes"), &side("threads")))
        .flatten()
}

/// The drawing, and its height.
pub fn draw(sources: &[Source], series: &[Word], rows: &[(&str, &str)]) -> (String, f64) {
    let id = |pattern: &str, word: &str| pattern.replace('*', word);
    let mut figures = Vec::new();
    let mut unit = Unit::Nanoseconds;
    for source in sources {
        for (_, pattern) in rows {
            for (word, _) in series {
                if let Some(row) = source.record.row(&id(pattern, word)) {
                    unit = row.unit;
                    if let Some(figure) = row.figure() {
                        figures.extend([figure.quoted(), figure.p10, figure.p90]);
                    }
                }
            }
        }
    }
    let axis = Axis::of(&figures, unit, false, FROM, TO);

    let mut lines = String::new();
    let mut y = 14.0;
    for (label, pattern) in rows {
        let is_there = |source: &Source| {
            let has = |(word, _): &Word| source.record.row(&id(pattern, word)).is_some();
            series.iter().any(has)
        };
        if !sources.iter().any(is_there) {
            continue;
        }
        lines += &format!(
            "<text x=\"{FROM}\" y=\"{y}\" font-size=\"13\" font-weight=\"bold\">{}</text>\n",
            escape(label)
        );
        if let Some(ratio) = ratio(sources, series, pattern) {
            lines += &format!(
                "<text x=\"376\" y=\"{y}\" text-anchor=\"end\">{}</text>\n",
                between(ratio)
            );
        }
        y += 16.0;
        for source in sources {
            for (index, (word, meaning)) in series.iter().enumerate() {
                match source.outcome(&id(pattern, word)) {
                    Some(Ok(figure)) => {
                        let mark = mark(series, index, *source);
                        let middle = y - 4.0;
                        lines += &format!(
                            "<path d=\"M{:.1} {middle}H{:.1}\" stroke=\"{}\" stroke-width=\"5\" stroke-linecap=\"round\" opacity=\"0.35\"/>\n",
                            axis.place(figure.p10),
                            axis.place(figure.p90),
                            mark.colour,
                        );
                        // Zero has no place on a logarithmic axis.
                        if figure.quoted() > 0.0 || !axis.is_log() {
                            lines += &mark.at(axis.place(figure.quoted()), middle, figure.noisy);
                        }
                        let noisy = if figure.noisy { " noisy" } else { "" };
                        lines += &format!(
                            "<text x=\"376\" y=\"{y}\" text-anchor=\"end\">{}{noisy}</text>\n",
                            amount(figure.quoted(), unit)
                        );
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
                        lines += &text;
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
        return (lines, bottom);
    }
    // Behind the marks.
    let mut grid = String::new();
    for tick in axis.ticks() {
        let x = axis.place(tick);
        grid += &format!(
            "<path d=\"M{x:.1} 18V{bottom}\" stroke=\"currentColor\" opacity=\"0.2\"/>\n\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n",
            bottom + 14.0,
            if x < FROM + 20.0 { "start" } else { "middle" },
            super::tick(tick, unit),
        );
    }
    if axis.is_log() {
        grid += &format!(
            "<text x=\"{FROM}\" y=\"{}\">logarithmic axis</text>\n",
            bottom + 30.0
        );
    }
    (grid + &lines, bottom + 36.0)
}
