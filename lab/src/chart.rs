//! Charts of a record, as HTML that stands in a page: a figure, and its numbers in a table.
//! `charts.toml` says what each shows.
//!
//! They are drawn here and not by a library. A chart must take its colours from the page's theme,
//! tell in words what it shows, and be legible on a telephone. plotters writes fixed colours into
//! its SVG and no title or description, so that we would draw over it; charming runs a script
//! engine and a chart library of the Web to draw a few marks. What is left to do by hand is an axis
//! and five marks.

mod axis;
mod dots;
mod lines;
mod mark;
mod table;

use std::collections::BTreeMap;
use std::fmt::Display;

use anyhow::{Context, Result, ensure};
use indexmap::IndexMap;
use maud::{Markup, PreEscaped, Render, html};
use serde::Deserialize;

use crate::figures::{Sentence, amount, between as said_between};
use crate::html::standing;
use crate::list::{List, read};
use crate::record::{Figure, Outcome, Record, Unit};
use mark::Shape;

/// A chart of the book.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// In kebab-case: its key in `charts.toml`, and the name of its file.
    #[serde(skip)]
    pub name: String,
    /// What it shows, and where it ran.
    title: String,
    /// What is to be learned from it.
    pub(crate) lessons: Vec<Sentence>,
    /// What has a mark of its own. In the id of a row, `*` stands for the word.
    #[serde(default = "one")]
    series: Words,
    /// By their labels, the ids of the lines in a drawing of dots, or of whole drawings of curves.
    rows: Words,
    curves: Option<Curves>,
}

/// Words of rows' ids, and what they mean to a person.
type Words = IndexMap<String, String>;

/// A series is a curve, between two logarithmic axes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Curves {
    /// Solid and dashed. In a row's id, `STROKE` stands for the word.
    strokes: Words,
    /// Their words are numbers, by which they are placed. In a row's id, `POINT` stands for it.
    points: Words,
    /// What the points are.
    across: String,
}

/// A single series, which needs no word.
fn one() -> Words {
    IndexMap::from([(String::new(), String::new())])
}

/// All of them.
///
/// # Errors
/// A list that can't be read.
pub fn all() -> Result<&'static [Chart]> {
    static ALL: List<Vec<Chart>> = List::new(|| {
        let text = include_str!("charts.toml");
        read("charts.toml", text, |charts: IndexMap<_, _>| {
            let named = |(name, chart): (String, Chart)| {
                chart.check().with_context(|| format!("the chart {name}"))?;
                Ok(Chart { name, ..chart })
            };
            charts.into_iter().map(named).collect()
        })
    });
    Ok(ALL.get()?)
}

/// A row of a record that a chart shows.
struct Shown {
    label: String,
    id: String,
}

/// A machine in a chart.
#[derive(Clone, Copy)]
struct Source<'a> {
    record: &'a Record,
    /// The reader's own.
    is_yours: bool,
}

impl Source<'_> {
    fn name(self) -> &'static str {
        if self.is_yours {
            "your machine"
        } else {
            "the recorded machine"
        }
    }

    /// What there is to draw, or why there is nothing. `None` where the record has no such row.
    fn outcome(&self, id: &str) -> Option<Result<&Figure, &str>> {
        Some(match &self.record.row(id)?.outcome {
            Outcome::Measured(figure) => Ok(figure),
            Outcome::NotHere(why) => Err(why),
        })
    }
}

impl Chart {
    /// Whether it can be drawn.
    fn check(&self) -> Result<()> {
        if let Some(Curves {
            strokes, points, ..
        }) = &self.curves
        {
            let (most, shapes) = (lines::STROKES.len(), Shape::ALL.len());
            ensure!(strokes.len() <= most, "it has more than {most} strokes");
            ensure!(
                self.series.len() <= shapes,
                "it has more than {shapes} series"
            );
            for point in points.keys() {
                let is_number = point.parse::<f64>().is_ok();
                ensure!(is_number, "the point {point} is no number");
            }
        }
        Ok(())
    }

    /// Draws the chart from the recorded machine, and beside it from the reader's own. Nothing
    /// where the recorded machine has none of its rows.
    pub fn draw(&self, recorded: &Record, yours: Option<&Record>) -> Option<String> {
        let shown = self.shown();
        if shown.iter().all(|shown| recorded.row(&shown.id).is_none()) {
            return None;
        }
        let records = [(Some(recorded), false), (yours, true)];
        let source = |(record, is_yours): (Option<_>, _)| {
            Some(Source {
                record: record?,
                is_yours,
            })
        };
        let sources: Vec<Source> = records.into_iter().filter_map(source).collect();
        let (drawing, height) = match &self.curves {
            None => dots::draw(self, &sources),
            Some(curves) => lines::draw(self, curves, &sources),
        };
        let id = format!("chart-{}", self.name);
        let figure = html! {
            figure.chart id=(id) style="margin-inline: 0" { "\n"
                figcaption style="font-size: 0.9em" {
                    strong { (self.title) } br; "\n"
                    (self.legend(&sources))
                } "\n"
                svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img"
                    aria-labelledby={ (id) "-title " (id) "-desc" }
                    style="max-width: 520px; width: 100%; height: auto; margin-top: 0.5em" { "\n"
                    title id={ (id) "-title" } { (self.title) } "\n"
                    desc id={ (id) "-desc" } { (self.description(&sources, &shown)) } "\n"
                    g fill="currentColor" font-size="12" { "\n" (drawing) } "\n"
                } "\n"
                details {
                    summary { "The figures as a table" } "\n"
                    (table::draw(&sources, &shown))
                } "\n"
            } "\n"
        };
        Some(standing(figure))
    }

    /// All rows that it may show, in order.
    fn shown(&self) -> Vec<Shown> {
        let mut shown = Vec::new();
        for (label, pattern) in &self.rows {
            for (word, meaning) in &self.series {
                let id = pattern.replace('*', word);
                let Some(curves) = &self.curves else {
                    let label = join(&[label, meaning]);
                    shown.push(Shown { label, id });
                    continue;
                };
                for (stroke, its) in &curves.strokes {
                    shown.extend(curves.points.iter().map(|(point, size)| Shown {
                        label: join(&[meaning, its, &format!("{}: {size}", curves.across), label]),
                        id: id.replace("STROKE", stroke).replace("POINT", point),
                    }));
                }
            }
        }
        shown
    }

    /// The lessons, and each figure in words; of a line its two ends.
    fn description(&self, sources: &[Source], shown: &[Shown]) -> String {
        let recorded = sources[0].record;
        let lessons = self.lessons.iter();
        let mut said: Vec<String> = lessons.flat_map(|lesson| lesson.filled(recorded)).collect();
        let ratios: Vec<String> = dots::ratios(self, sources)
            .map(|(label, ratio)| format!("{label}: {}", said_between(ratio)))
            .collect();
        if !ratios.is_empty() {
            said.push(format!("{}: {}.", dots::RATIO, ratios.join("; ")));
        }
        let step = self.curves.as_ref().map_or(1, |curves| curves.points.len());
        for source in sources {
            let mut figures = Vec::new();
            for line in shown.chunks(step) {
                let mut there: Vec<_> = line
                    .iter()
                    .filter_map(|shown| said_of(*source, shown))
                    .collect();
                // What lies between the ends of a line is in the table.
                if there.len() > 2 {
                    there.drain(1..there.len() - 1);
                }
                figures.append(&mut there);
            }
            let (name, machine) = (source.name(), &source.record.machine);
            said.push(format!("On {name}, {machine}: {}.", figures.join("; ")));
        }
        said.join(" ")
    }

    /// Which mark is what, and which machine it was.
    fn legend(&self, sources: &[Source]) -> Markup {
        let machine = |source: &Source| html! { (source.name()) ": " (source.record.machine) };
        let lines = match &self.curves {
            None => dots::legend(self, sources, machine),
            Some(curves) => lines::legend(self, curves, sources, machine),
        };
        html! {
            @for line in lines { (line) br; "\n" }
            "The bar goes from the 10th to the 90th percentile. A hollow mark is noisy: it is the minimum, any other the median.\n"
        }
    }
}

/// The width of all drawings, in which a telephone's screen has room for letters of 12.
const WIDTH: f64 = 380.0;

/// A mark of the legend with its meaning, on one line.
fn entry(key: &Markup, meaning: &str) -> Markup {
    html! { span style="white-space: nowrap" { (key) " " (meaning) } }
}

/// Words in a drawing.
fn text(x: impl Display, y: impl Display, anchor: Option<&str>, words: &str) -> Markup {
    html! { text x=(x) y=(y) text-anchor=[anchor] { (words) } "\n" }
}

/// Words in a drawing, above what they are about.
fn heading(x: f64, y: f64, words: &str) -> Markup {
    html! { text x=(x) y=(y) font-size="13" font-weight="bold" { (words) } "\n" }
}

fn join(parts: &[&str]) -> String {
    let parts = parts.iter().filter(|part| !part.is_empty());
    parts.copied().collect::<Vec<_>>().join(", ")
}

/// `fork: 94 µs`, `fork: 91 µs (noisy)` or `fork: not measured (why)`.
fn said_of(source: Source, shown: &Shown) -> Option<String> {
    let unit = source.record.row(&shown.id)?.unit;
    let label = &shown.label;
    Some(match source.outcome(&shown.id)? {
        Ok(figure) => {
            let noisy = if figure.noisy { " (noisy)" } else { "" };
            format!("{label}: {}{noisy}", amount(figure.quoted(), unit))
        }
        Err(why) => format!("{label}: not measured ({why})"),
    })
}

/// A text in lines of at most so many letters, but for words that are longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Lines of text below each other, and where the next one begins.
fn paragraph(words: &str, x: f64, mut y: f64) -> (Markup, f64) {
    let mut drawn = String::new();
    for line in wrapped(words, ((WIDTH - x) / 6.8) as usize) {
        text(x, y, None, &line).render_to(&mut drawn);
        y += 16.0;
    }
    (PreEscaped(drawn), y)
}

/// Why rows weren't measured, each reason with all that it kept away.
fn refusals<'a>(source: Source<'a>, shown: &'a [Shown]) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut refusals = BTreeMap::<&str, Vec<&str>>::new();
    for Shown { label, id } in shown {
        if let Some(row) = source.record.row(id)
            && let Outcome::NotHere(why) = &row.outcome
        {
            refusals.entry(why).or_default().push(label);
        }
    }
    refusals
}

/// All figures of these rows that an axis must hold.
fn extremes(sources: &[Source], shown: &[Shown]) -> Vec<f64> {
    let figures = sources.iter().flat_map(|source| {
        let rows = shown.iter().filter_map(|row| source.record.figure(&row.id));
        rows.flat_map(|figure| [figure.quoted(), figure.p10, figure.p90])
    });
    figures.collect()
}

/// What to write at a tick: `20 µs`, without the decimal that [`amount`] gives.
fn tick(figure: f64, unit: Unit) -> String {
    amount(figure, unit).replace(".0 ", " ")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::record::{Affinity, Row, Turns, Unit};

    fn charts() -> &'static [Chart] {
        all().expect("the list")
    }

    /// A row that was measured, with this median.
    pub fn row(id: &str, median: f64) -> Row {
        Row {
            id: id.to_owned(),
            label: id.to_owned(),
            what: "an operation".to_owned(),
            affinity: Affinity::OneCpu,
            unit: if id.starts_with("memory/") {
                Unit::Bytes
            } else {
                Unit::Nanoseconds
            },
            outcome: Outcome::Measured(Figure {
                minimum: 0.9 * median,
                p10: 0.95 * median,
                median,
                p90: 1.25 * median,
                mean: 1.05 * median,
                samples: 150,
                rejected: 3,
                noisy: false,
                operations: 100,
                switches: 2.0,
                faults: 26.3,
                calls: Some(BTreeMap::from([
                    ("read".to_owned(), 1.0),
                    ("write".to_owned(), 1.0),
                ])),
                turns: Turns::of((0..20).map(|turn| (turn, median))),
            }),
        }
    }

    pub fn noisy(id: &str, median: f64) -> Row {
        let mut row = row(id, median);
        if let Outcome::Measured(figure) = &mut row.outcome {
            figure.noisy = true;
        }
        row
    }

    pub fn not_here(id: &str, why: &str) -> Row {
        let mut row = row(id, 0.0);
        row.outcome = Outcome::NotHere(why.to_owned());
        row
    }

    pub fn record(rows: impl IntoIterator<Item = Row>) -> Record {
        machine("Recorded <CPU>", rows)
    }

    fn machine(cpu: &str, rows: impl IntoIterator<Item = Row>) -> Record {
        let mut machine = Machine::here();
        machine.cpu = cpu.to_owned();
        Record::new(machine, rows.into_iter().collect())
    }

    /// With every row of every chart.
    fn whole(factor: f64) -> Record {
        let shown = charts().iter().flat_map(Chart::shown);
        record(
            shown
                .zip(1..)
                .map(|(shown, n)| row(&shown.id, factor * f64::from(n))),
        )
    }

    fn chart(name: &str) -> &'static Chart {
        charts()
            .iter()
            .find(|chart| chart.name == name)
            .expect("it is there")
    }

    fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
        let (_, rest) = text.split_once(from).expect(from);
        rest.split_once(to).expect(to).0
    }

    /// The marks in the drawing itself.
    fn marks(html: &str) -> Vec<&str> {
        let drawing = between(html, "</desc>", "<details>");
        drawing
            .lines()
            .filter(|line| line.contains("stroke-width=\"1.5\"") && !line.contains("dasharray"))
            .collect()
    }

    #[test]
    fn every_chart_has_a_title_a_description_and_no_empty_line() {
        for yours in [None, Some(&whole(2.0))] {
            for chart in charts() {
                let html = chart
                    .draw(&whole(1000.0), yours)
                    .expect("its rows are there");
                let name = &chart.name;
                for part in ["title", "desc"] {
                    let id = format!("chart-{name}-{part}");
                    let text = between(&html, &format!("<{part} id=\"{id}\">"), "<");
                    assert!(!text.trim().is_empty(), "{name}");
                    assert!(between(&html, "aria-labelledby=\"", "\"").contains(&id));
                }
                assert!(html.lines().all(|line| !line.trim().is_empty()), "{name}");
                assert!(html.starts_with("<figure") && html.ends_with("</figure>\n"));
            }
        }
    }

    #[test]
    fn no_id_is_given_twice_and_no_colour_is_fixed() {
        let all: String = charts()
            .iter()
            .map(|chart| chart.draw(&whole(1.0), None).expect("its rows are there"))
            .collect();
        let mut ids: Vec<_> = all.split(" id=\"").skip(1).collect();
        ids.iter_mut()
            .for_each(|id| *id = id.split('"').next().unwrap_or_default());
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for attribute in ["fill=\"", "stroke=\""] {
            for value in all.split(attribute).skip(1) {
                let value = value.split('"').next().unwrap_or_default();
                assert!(
                    value.starts_with("var(--") || ["currentColor", "none"].contains(&value),
                    "{value}"
                );
            }
        }
    }

    #[test]
    fn every_row_is_in_the_table() {
        let figures = whole(1.0);
        for chart in charts() {
            let html = chart.draw(&figures, None).expect("its rows are there");
            let rows = between(&html, "<tbody>", "</tbody>");
            assert_eq!(
                rows.matches("<tr>").count(),
                chart.shown().len(),
                "{}",
                chart.name
            );
            for shown in chart.shown() {
                assert!(rows.contains(&format!(">{}</th>", html! { (shown.label) }.into_string())));
            }
        }
    }

    #[test]
    fn a_table_has_the_figures_with_their_unit_and_what_the_kernel_counted() {
        let html = chart("creation")
            .draw(&record([row("creation/fork", 94_000.0)]), None)
            .expect("a row is there");
        let cells: Vec<_> = between(&html, "<tbody>", "</tbody>")
            .split("<td>")
            .skip(1)
            .map(|cell| cell.split("</td>").next().unwrap_or_default())
            .collect();
        assert_eq!(
            cells,
            [
                "µs",
                "84.6",
                "89.3",
                "<strong>94</strong>",
                "118",
                "150",
                "3",
                "2",
                "26.3"
            ]
        );
    }

    #[test]
    fn a_chart_without_any_of_its_rows_is_not_drawn() {
        let other = record([row("weather/rain", 20.0)]);
        assert!(
            charts()
                .iter()
                .all(|chart| chart.draw(&other, Some(&whole(1.0))).is_none())
        );
    }

    #[test]
    fn a_noisy_figure_has_a_hollow_mark_says_so_and_is_the_minimum() {
        for (name, id) in [
            ("creation", "creation/fork"),
            ("fork-memory", "fork-memory/fork/small/16"),
        ] {
            let html = chart(name)
                .draw(&record([noisy(id, 500.0)]), None)
                .expect("a row");
            assert!(matches!(marks(&html)[..], [one] if one.contains("fill=\"var(--bg)\"")));
            assert!(between(&html, "<desc", "</desc>").contains("450 ns (noisy)"));
            assert!(between(&html, "<tbody>", "</tbody>").contains("<strong>450</strong>"));
            assert!(between(&html, "<tbody>", "</tbody>").contains("noisy"));

            let html = chart(name)
                .draw(&record([row(id, 500.0)]), None)
                .expect("a row");
            assert!(matches!(marks(&html)[..], [one] if !one.contains("fill=\"var(--bg)\"")));
        }
    }

    #[test]
    fn what_was_not_measured_says_why_in_drawing_description_and_table() {
        for (name, id) in [
            ("creation", "creation/vfork"),
            ("fork-memory", "fork-memory/fork/huge/16"),
        ] {
            let refused = not_here(id, "no <huge> pages");
            let html = chart(name).draw(&record([refused]), None).expect("a row");
            assert!(marks(&html).is_empty());
            for part in [
                ("</desc>", "<details>"),
                ("<desc", "</desc>"),
                ("<tbody>", "</tbody>"),
            ] {
                assert!(
                    between(&html, part.0, part.1).contains("no &lt;huge&gt; pages"),
                    "{part:?}"
                );
            }
        }
    }

    #[test]
    fn both_machines_are_named_and_drawn_with_marks_of_their_own() {
        let ids = ["processes", "threads"].map(|side| format!("switching/pipe/{side}/one"));
        let recorded = record(ids.iter().map(|id| row(id, 5000.0)));
        let yours = machine("My CPU", ids.iter().map(|id| row(id, 7000.0)));
        let html = chart("switching")
            .draw(&recorded, Some(&yours))
            .expect("its rows");
        let legend = between(&html, "<figcaption", "</figcaption>");
        assert!(legend.contains("the recorded machine: Recorded &lt;CPU&gt;"));
        assert!(legend.contains("your machine: My CPU"));
        let table = between(&html, "<table>", "</table>");
        assert!(table.contains(">the recorded machine<") && table.contains(">your machine<"));
        assert!(table.contains("<strong>5</strong>") && table.contains("<strong>7</strong>"));
        assert!(between(&html, "<desc", "</desc>").contains("processes: 7.0 µs"));

        // Processes and threads, here and there: four shapes, whatever their colours.
        let mut shapes: Vec<_> = marks(&html)
            .into_iter()
            .map(|mark| between(mark, " d=\"", "\""))
            .collect();
        shapes.sort_unstable();
        shapes.dedup();
        assert_eq!(shapes.len(), 4);
    }

    #[test]
    fn processes_and_threads_have_their_ratio_with_its_interval() {
        let ids = ["processes", "threads"].map(|side| format!("switching/pipe/{side}/one"));
        let mut rows = [row(&ids[0], 5150.0), row(&ids[1], 5000.0)];
        let spread = |turn: usize| (turn, 5100.0 + 10.0 * (turn % 11) as f64);
        if let Outcome::Measured(figure) = &mut rows[0].outcome {
            figure.turns = Turns::of((0..20).map(spread));
        }
        let html = chart("switching")
            .draw(&record(rows), None)
            .expect("its rows");
        let text = between(&html, "</desc>", "<details>");
        let said = between(text, ">1.03", "<");
        assert_eq!(said, " (1.02 to 1.03)");
        let said = format!("1.03{said}");
        assert!(
            between(&html, "<desc", "</desc>")
                .contains(&format!("processes ÷ threads: pipe, one CPU: {said}."))
        );
        assert!(between(&html, "<figcaption", "</figcaption>").contains("processes ÷ threads"));
    }

    #[test]
    fn a_curve_is_drawn_for_each_line_and_machine_and_the_lines_differ_by_shape() {
        let (recorded, yours) = (whole(1000.0), whole(2000.0));
        let alone = chart("fork-memory")
            .draw(&recorded, None)
            .expect("its rows");
        let both = chart("fork-memory")
            .draw(&recorded, Some(&yours))
            .expect("its rows");
        assert_eq!(marks(&alone).len(), 5 * 2 * 7);
        assert_eq!(marks(&both).len(), 2 * 5 * 2 * 7);
        let dashed = between(&alone, "</desc>", "<details>")
            .matches("\"5 4\"")
            .count();
        assert_eq!(dashed, 5, "huge pages");
    }

    #[test]
    fn a_description_begins_with_the_lesson_and_leaves_out_what_it_cannot_say() {
        let rows = [("creation/fork", 94_000.0), ("creation/thread", 20_000.0)];
        let html = chart("creation")
            .draw(&record(rows.map(|(id, median)| row(id, median))), None)
            .expect("its rows");
        let said = between(&html, "-desc\">", "</desc>");
        assert!(
            said.starts_with("A fork costs 4.7 times what a thread does. On the recorded"),
            "{said}"
        );
        assert!(said.contains("thread: 20 µs; fork: 94 µs."));
    }

    #[test]
    fn every_line_of_a_chart_has_rows_that_the_lab_measures() {
        let ids = crate::groups::ids();
        for chart in charts() {
            // Not each means has each of the sides, of which its row or its curves then lack one.
            let step = chart.curves.as_ref().map_or(chart.series.len(), |curves| {
                curves.strokes.len() * curves.points.len()
            });
            for line in chart.shown().chunks(step) {
                let is_there = line.iter().any(|shown| ids.contains(&shown.id));
                let (name, id) = (&chart.name, &line[0].id);
                assert!(is_there, "the chart {name}: the lab has no row {id}");
            }
        }
    }

    #[test]
    fn every_lesson_can_be_told_of_a_whole_record() {
        let mut rows = whole(1000.0).rows;
        // What only prose quotes.
        rows.push(row("memory/fork/proportional", 110_000.0));
        rows.push(row("fork-memory/fork-exec-static/small/1024", 34e6));
        let record = record(rows);
        for chart in charts() {
            for lesson in &chart.lessons {
                assert!(
                    lesson.filled(&record).is_ok(),
                    "{:?}",
                    lesson.filled(&record)
                );
            }
        }
        // What charts and prose are made of is the same: no figure names a row that none has.
        let figures = crate::figures::text(&record);
        assert!(figures.is_ok(), "{figures:?}");
    }

    #[test]
    fn letters_have_room_on_a_telephone() {
        for chart in charts() {
            let html = chart
                .draw(&whole(1000.0), Some(&whole(1.0)))
                .expect("its rows");
            for size in html.split("font-size=\"").skip(1) {
                let size: f64 = size
                    .split('"')
                    .next()
                    .unwrap_or_default()
                    .parse()
                    .expect("a size");
                assert!(size >= 12.0);
            }
            assert!(html.contains("viewBox=\"0 0 380 "));
        }
    }
}
