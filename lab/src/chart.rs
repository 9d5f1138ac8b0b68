//! Charts of a record, as HTML that stands in a page: a figure, and its numbers in a table.
//!
//! They are drawn here and not by a library. A chart must take its colours from the page's theme,
//! tell in words what it shows, and be legible on a telephone. plotters writes fixed colours into
//! its SVG and no title or description, so that we would draw over it; charming runs a script
//! engine and a chart library of the Web to draw a few marks. What is left to do by hand is an axis
//! and five marks.

pub mod agreement;
mod axis;
mod dots;
mod lines;
mod mark;
mod table;

use std::collections::BTreeMap;

use anyhow::Result;

use crate::figures::{amount, between as said_between, by_name};
use crate::record::{Figure, Outcome, Record};
use mark::{Mark, Shape};

/// A chart of the book.
pub struct Chart {
    /// In kebab-case: the name of its file.
    pub name: &'static str,
    /// What it shows, and where it ran.
    title: &'static str,
    /// What is to be learned from it. `{fork-per-thread}` stands for the figure of that name; a
    /// sentence with a figure that the record doesn't have is left out.
    pub(crate) lessons: &'static [&'static str],
    form: Form,
}

/// A word of a row's id, and what it means to a person.
type Word = (&'static str, &'static str);

enum Form {
    /// For each label a line, with a mark for each of the series. In the row's id, `*` stands for
    /// the series' word.
    Dots {
        series: &'static [Word],
        rows: &'static [(&'static str, &'static str)],
    },
    /// Both axes are logarithmic. In a row's id, the words of line, stroke and point stand for
    /// `LINE`, `STROKE` and `POINT`.
    Lines {
        /// Under a heading of its own, the pattern of its ids.
        panels: &'static [(&'static str, &'static str)],
        /// Told apart by their marks.
        lines: &'static [Word],
        /// Solid and dashed.
        strokes: &'static [Word; 2],
        /// Their words are numbers, by which they are placed.
        points: &'static [Word],
        /// What the points are.
        across: &'static str,
    },
}

/// Tasks of an async runtime have a row for one of the means alone.
const SIDES: &[Word] = &[
    ("processes", "processes"),
    ("threads", "threads"),
    ("tasks", "tasks of tokio"),
];
const PAGES: &[Word] = &[("small", "pages of 4 KiB"), ("huge", "huge pages")];
const MEANS: &[Word] = &[
    ("pipe", "pipe"),
    ("socket", "Unix socket"),
    ("ring", "shared ring"),
    ("channel", "channel"),
    ("condvar", "condition variable"),
];
const SIZES: &[Word] = &[
    ("8", "8 B"),
    ("4096", "4 KiB"),
    ("65536", "64 KiB"),
    ("1048576", "1 MiB"),
];

/// All of them.
pub const CHARTS: &[Chart] = &[
    Chart {
        name: "floor",
        title: "What the harness itself costs, on one CPU",
        lessons: &["A system call that does next to nothing takes {system-call}."],
        form: Form::Dots {
            series: &[("", "")],
            rows: &[
                ("one turn of an empty loop", "floor/loop"),
                ("a reading of the clock", "floor/clock"),
                ("a system call", "floor/system-call"),
                ("all that begins and ends a sample", "floor/sample"),
            ],
        },
    },
    Chart {
        name: "creation",
        title: "To create a task and to see it end, on one CPU",
        lessons: &[
            "A fork costs {fork-per-thread} times what a thread does.",
            "A vfork costs {vfork-per-thread} times what a thread does.",
            "A spawned static program costs {spawn-per-thread} times what a thread does.",
            "A forked child that runs a dynamic program costs {exec-per-thread} times what a thread \
             does.",
        ],
        form: Form::Dots {
            series: &[("", "")],
            rows: &[
                ("task of tokio", "creation/task"),
                ("thread", "creation/thread"),
                ("thread, stack of 64 MiB", "creation/thread-large-stack"),
                ("pthread", "creation/pthread"),
                ("vfork", "creation/vfork"),
                ("fork", "creation/fork"),
                ("spawn, static program", "creation/spawn-static"),
                ("spawn, dynamic program", "creation/spawn-dynamic"),
                ("fork + exec, static program", "creation/fork-exec-static"),
                ("fork + exec, dynamic program", "creation/fork-exec-dynamic"),
            ],
        },
    },
    Chart {
        name: "fork-memory",
        title: "To create a task while its maker has touched so much memory, on one CPU",
        lessons: &[
            "The call of fork takes {fork-call-of-0-mib} with nothing touched and \
             {fork-call-of-1-gib} at 1 GiB in small pages: about {fork-call-per-mib} for each MiB.",
            "With huge pages it takes {fork-call-of-1-gib-huge} at 1 GiB.",
            "A vfork takes {vfork-of-1-gib} there, a thread {thread-of-1-gib}.",
        ],
        form: Form::Lines {
            panels: &[("", "fork-memory/LINE/STROKE/POINT")],
            lines: &[
                ("fork", "fork, exit, wait"),
                ("fork-call", "the call of fork alone"),
                ("spawn-static", "spawn, static program"),
                ("vfork", "vfork, exit, wait"),
                ("thread", "thread, join"),
            ],
            strokes: &[("small", "pages of 4 KiB"), ("huge", "huge pages")],
            points: &[
                ("0", "0"),
                ("1", "1"),
                ("16", "16"),
                ("64", "64"),
                ("256", "256"),
                ("1024", "1024"),
                ("4096", "4096"),
            ],
            across: "MiB touched",
        },
    },
    Chart {
        name: "fork-surroundings",
        title: "To create a task while its maker has so many mappings or descriptors, on one CPU",
        lessons: &[
            "The call of fork takes {fork-call-of-60000-mappings} beside 60,000 mappings that nobody \
             has touched, and {fork-call-of-16000-descriptors} beside 16,000 descriptors.",
            "A thread takes {thread-of-60000-mappings} beside the mappings.",
        ],
        form: Form::Dots {
            series: &[
                ("fork-call", "the call of fork alone"),
                ("vfork", "vfork, exit, wait"),
                ("thread", "thread, join"),
            ],
            rows: &[
                ("nothing of its own", "fork-memory/*/small/0"),
                ("6,000 mappings", "fork-memory/*/mappings/6000"),
                ("60,000 mappings", "fork-memory/*/mappings/60000"),
                ("1,000 descriptors", "fork-memory/*/descriptors/1000"),
                ("16,000 descriptors", "fork-memory/*/descriptors/16000"),
            ],
        },
    },
    Chart {
        name: "copy-on-write",
        title: "To write to a page, for each 4 KiB, on one CPU",
        lessons: &[
            "The first write to a page after a fork costs {write-after-fork}, a write without a \
             fork {write}, and one after the child is gone {write-after-child}.",
        ],
        form: Form::Dots {
            series: PAGES,
            rows: &[
                ("fresh memory, first touched", "copy-on-write/first-touch/*"),
                ("written before, no fork", "copy-on-write/write/*"),
                (
                    "after a fork, the child lives",
                    "copy-on-write/after-fork/*",
                ),
                (
                    "after a fork, the child is gone",
                    "copy-on-write/child-gone/*",
                ),
            ],
        },
    },
    Chart {
        name: "switching",
        title: "There and back between two tasks, on one CPU, on two, and free",
        lessons: &[
            "On one CPU, a round trip by pipe between processes takes {switch-by-pipe} times what it \
             takes between threads.",
            "On two CPUs, one between processes takes {pipe-on-two-cpus}, {two-cpus-per-one} times \
             what it takes on one.",
        ],
        form: Form::Dots {
            series: SIDES,
            rows: &[
                ("yield, one CPU", "switching/yield/*/one"),
                ("pipe, one CPU", "switching/pipe/*/one"),
                ("futex, one CPU", "switching/futex/*/one"),
                ("eventfd, one CPU", "switching/eventfd/*/one"),
                (
                    "pipe, one CPU, each uses 64 KiB",
                    "switching/pipe/*/one/64K",
                ),
                (
                    "pipe, one CPU, both use 64 KiB",
                    "switching/pipe/*/one/64K-shared",
                ),
                (
                    "pipe, one CPU, each uses 512 KiB",
                    "switching/pipe/*/one/512K",
                ),
                (
                    "pipe, one CPU, both use 512 KiB",
                    "switching/pipe/*/one/512K-shared",
                ),
                ("pipe, one CPU, each uses 4 MiB", "switching/pipe/*/one/4M"),
                (
                    "pipe, one CPU, both use 4 MiB",
                    "switching/pipe/*/one/4M-shared",
                ),
                ("pipe, two CPUs", "switching/pipe/*/two"),
                ("futex, two CPUs", "switching/futex/*/two"),
                ("eventfd, two CPUs", "switching/eventfd/*/two"),
                ("pipe, free", "switching/pipe/*/free"),
            ],
        },
    },
    Chart {
        name: "descriptor-tables",
        title: "There and back by pipe on one CPU, with one table of descriptors or two",
        lessons: &[
            "With a table each, processes take {switch-by-pipe-two-tables} times what threads take, \
             and with one table {switch-by-pipe-one-table} times.",
        ],
        form: Form::Dots {
            series: &[("", "")],
            rows: &[
                (
                    "threads, two tables",
                    "switching/pipe/threads-two-tables/one",
                ),
                ("threads, one table", "switching/pipe/threads/one"),
                ("processes, two tables", "switching/pipe/processes/one"),
                (
                    "processes, one table",
                    "switching/pipe/processes-one-table/one",
                ),
            ],
        },
    },
    Chart {
        name: "talking-round-trip",
        title: "A message and its answer, on one CPU",
        lessons: &[
            "With 8 bytes, a pipe between processes takes {pipe-round-trip}, a channel between \
             threads {channel-round-trip}, a condition variable {condvar-round-trip}.",
        ],
        form: Form::Lines {
            panels: &[("", "talking/round-trip/LINE/STROKE/one/POINT")],
            lines: MEANS,
            strokes: &[
                ("processes", "between processes"),
                ("threads", "between threads"),
            ],
            points: SIZES,
            across: "size of a message",
        },
    },
    Chart {
        name: "talking-throughput",
        title: "A message in a stream of them, on one CPU, and on two",
        lessons: &[
            "On one CPU, 64 KiB between processes take {pipe-64-kib} by a pipe, {socket-64-kib} by a \
             Unix socket and {ring-64-kib} by a shared ring: the means decides.",
            "The ring between processes takes {ring-of-processes-per-threads} times what it takes \
             between threads.",
        ],
        form: Form::Lines {
            panels: &[
                ("on one CPU", "talking/throughput/LINE/STROKE/one/POINT"),
                ("on two CPUs", "talking/throughput/LINE/STROKE/two/POINT"),
            ],
            lines: MEANS,
            strokes: &[
                ("processes", "between processes"),
                ("threads", "between threads"),
            ],
            points: SIZES,
            across: "size of a message",
        },
    },
    Chart {
        name: "choosing",
        title: "A job for a new worker, and for one that waits, on one CPU",
        lessons: &[
            "A started program costs {exec-per-thread} times what a thread does. A worker that waits \
             answers within {channel-round-trip} if it is a thread with channels, and within \
             {pipe-round-trip} if it is a process with pipes.",
        ],
        form: Form::Dots {
            series: &[("", "")],
            rows: &[
                (
                    "a process that waits, told by a pipe",
                    "talking/round-trip/pipe/processes/one/8",
                ),
                (
                    "a thread that waits, told by a channel",
                    "talking/round-trip/channel/threads/one/8",
                ),
                ("a new thread", "creation/thread"),
                ("a new child, forked", "creation/fork"),
                (
                    "the same, by a parent of 1 GiB",
                    "fork-memory/fork/small/1024",
                ),
                ("a new program, spawned", "creation/spawn-dynamic"),
            ],
        },
    },
    Chart {
        name: "memory",
        title: "What an idle task takes, one of a thousand",
        lessons: &[
            "A thread takes {memory-of-thread}, a forked child {memory-of-fork} and a started \
             program {memory-of-program}: private memory, kernel stack, page tables and slab \
             together.",
            "The resident size of the child is {resident-size-of-fork} and the virtual size of the \
             thread {virtual-size-of-thread}: neither says what is used.",
        ],
        form: Form::Dots {
            series: &[
                ("thread", "a thread"),
                ("fork", "a forked child"),
                ("program", "a started program"),
            ],
            rows: &[
                ("private memory", "memory/*/private"),
                ("kernel stack", "memory/*/kernel-stack"),
                ("page tables", "memory/*/page-tables"),
                ("slab: the kernel's other data", "memory/*/slab"),
                ("misleading: resident size", "memory/*/resident"),
                ("misleading: virtual size", "memory/*/virtual"),
            ],
        },
    },
    Chart {
        name: "locking",
        title: "To add one, to lock, to read and write: on one CPU and on two",
        lessons: &[
            "A mutex that is free costs {mutex-per-add} plain additions, and one that two threads \
             want {contended-per-mutex} free ones.",
            "Two counters on one cache line cost {same-line-per-apart} times what two apart do.",
            "A second thread that only sleeps makes a pipe of the first cost {sleeper-and-pipe} \
             times what it did.",
        ],
        form: Form::Dots {
            series: &[("", "")],
            rows: &[
                ("add one", "locking/add"),
                ("atomic, add one", "locking/atomic-add"),
                (
                    "atomic, two threads, two CPUs",
                    "locking/atomic-contended/two",
                ),
                ("two counters apart, two CPUs", "locking/apart/two"),
                (
                    "two counters in one cache line, two CPUs",
                    "locking/same-line/two",
                ),
                ("mutex, free", "locking/mutex"),
                ("mutex, two threads, one CPU", "locking/mutex-contended/one"),
                (
                    "mutex, two threads, two CPUs",
                    "locking/mutex-contended/two",
                ),
                ("pipe, the only thread", "locking/pipe-alone"),
                (
                    "pipe, beside a sleeping thread",
                    "locking/pipe-with-sleeper",
                ),
                ("malloc, the only thread", "locking/malloc-alone"),
                (
                    "malloc, beside a sleeping thread",
                    "locking/malloc-with-sleeper",
                ),
            ],
        },
    },
];

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
    /// Draws the chart from the recorded machine, and beside it from the reader's own. Nothing
    /// where the recorded machine has none of its rows.
    pub fn draw(&self, recorded: &Record, yours: Option<&Record>) -> Option<String> {
        let shown = self.shown();
        if shown.iter().all(|shown| recorded.row(&shown.id).is_none()) {
            return None;
        }
        let mut sources = vec![Source {
            record: recorded,
            is_yours: false,
        }];
        sources.extend(yours.map(|record| Source {
            record,
            is_yours: true,
        }));
        let (drawing, height) = match &self.form {
            Form::Dots { series, rows } => dots::draw(&sources, series, rows),
            Form::Lines { .. } => lines::draw(self, &sources),
        };
        let (name, title) = (self.name, escape(self.title));
        let svg = format!(
            r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="chart-{name}-title chart-{name}-desc" style="max-width: 520px; width: 100%; height: auto; margin-top: 0.5em">
<title id="chart-{name}-title">{title}</title>
<desc id="chart-{name}-desc">{desc}</desc>
<g fill="currentColor" font-size="12">
{drawing}</g>
</svg>"#,
            desc = escape(&self.description(&sources, &shown)),
        );
        let legend = self.legend(&sources);
        let table = table::draw(&sources, &shown);
        Some(format!(
            r#"<figure class="chart" id="chart-{name}" style="margin-inline: 0">
<figcaption style="font-size: 0.9em"><strong>{title}</strong><br>
{legend}</figcaption>
{svg}
<details><summary>The figures as a table</summary>
{table}</details>
</figure>
"#
        ))
    }

    /// All rows that it may show, in order.
    fn shown(&self) -> Vec<Shown> {
        match self.form {
            Form::Dots { series, rows } => rows
                .iter()
                .flat_map(|(label, pattern)| {
                    series.iter().map(move |(word, meaning)| Shown {
                        label: join(&[label, meaning]),
                        id: pattern.replace('*', word),
                    })
                })
                .collect(),
            Form::Lines {
                panels,
                lines,
                strokes,
                points,
                across,
            } => {
                let mut shown = Vec::new();
                for (panel, pattern) in panels {
                    for line in lines {
                        for stroke in strokes {
                            shown.extend(points.iter().map(|point| Shown {
                                label: join(&[
                                    line.1,
                                    stroke.1,
                                    &format!("{across}: {}", point.1),
                                    panel,
                                ]),
                                id: lines::id(pattern, line, stroke, point),
                            }));
                        }
                    }
                }
                shown
            }
        }
    }

    /// The lessons, and each figure in words; of a line its two ends.
    fn description(&self, sources: &[Source], shown: &[Shown]) -> String {
        let recorded = sources[0].record;
        let mut said: Vec<String> = self
            .lessons
            .iter()
            .filter_map(|lesson| filled(lesson, recorded).ok())
            .collect();
        let step = match self.form {
            Form::Dots { .. } => 1,
            Form::Lines { points, .. } => points.len(),
        };
        if let Form::Dots { series, rows } = self.form {
            let ratios: Vec<String> = rows
                .iter()
                .filter_map(|(label, pattern)| {
                    let ratio = dots::ratio(sources, series, pattern)?;
                    Some(format!("{label}: {}", said_between(ratio)))
                })
                .collect();
            if !ratios.is_empty() {
                said.push(format!("{}: {}.", dots::RATIO, ratios.join("; ")));
            }
        }
        for source in sources {
            let figures: Vec<String> = shown
                .chunks(step)
                .flat_map(|line| {
                    let mut there = line
                        .iter()
                        .filter_map(|shown| said_of(*source, shown))
                        .collect::<Vec<_>>();
                    // What lies between the ends of a line is in the table.
                    if there.len() > 2 {
                        there.drain(1..there.len() - 1);
                    }
                    there
                })
                .collect();
            let (name, machine) = (source.name(), &source.record.machine);
            said.push(format!("On {name}, {machine}: {}.", figures.join("; ")));
        }
        said.join(" ")
    }

    /// Which mark is what, and which machine it was.
    fn legend(&self, sources: &[Source]) -> String {
        let mut lines = Vec::new();
        match self.form {
            Form::Dots { series, .. } => {
                for source in sources {
                    let marks: Vec<String> = series
                        .iter()
                        .enumerate()
                        .map(|(index, (_, meaning))| {
                            let key = dots::mark(series, index, *source).key();
                            entry(&key, meaning)
                        })
                        .collect();
                    lines.push(format!("{} on {}", marks.join(" "), machine(*source)));
                }
                if dots::has_ratios(series) {
                    let source = sources.last().expect("a chart has a machine");
                    lines.push(format!(
                        "Behind a row's name, {} on {}: the ratio of the medians, and in brackets its 95 % \
                         interval, by a bootstrap.",
                        dots::RATIO,
                        source.name()
                    ));
                }
            }
            Form::Lines {
                lines: all,
                strokes,
                ..
            } => {
                let marks: Vec<String> = all
                    .iter()
                    .zip(Shape::ALL)
                    .map(|((_, meaning), shape)| {
                        let mark = Mark {
                            shape,
                            colour: "currentColor",
                            is_small: false,
                        };
                        entry(&mark.key(), meaning)
                    })
                    .collect();
                lines.push(marks.join(" "));
                let strokes: Vec<String> = strokes
                    .iter()
                    .enumerate()
                    .map(|(index, (_, meaning))| entry(&lines::key(index), meaning))
                    .collect();
                lines.push(strokes.join(" "));
                lines.extend(sources.iter().map(|source| machine(*source)));
            }
        }
        lines.push("The bar goes from the 10th to the 90th percentile. A hollow mark is noisy: it is the minimum, any other the median.".to_owned());
        lines.join("<br>\n") + "\n"
    }
}

/// The width of all drawings, in which a telephone's screen has room for letters of 12.
const WIDTH: f64 = 380.0;

/// A mark of the legend with its meaning, on one line.
fn entry(key: &str, meaning: &str) -> String {
    let meaning = escape(meaning);
    format!("<span style=\"white-space: nowrap\">{key} {meaning}</span>")
}

fn machine(source: Source) -> String {
    escape(&format!("{}: {}", source.name(), source.record.machine))
}

fn join(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect();
    parts.join(", ")
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

/// A lesson with its figures.
///
/// # Errors
/// A row that the record lacks, by its id.
pub(crate) fn filled(lesson: &str, record: &Record) -> Result<String> {
    let mut said = String::new();
    let mut rest = lesson;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("a lesson closes its braces");
        let figure = by_name(name).expect("a lesson names figures that there are");
        said += before;
        said += &figure.with_interval(record)?;
        rest = after;
    }
    Ok(said + rest)
}

/// Text as HTML has it.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        // An empty line would end the HTML in Markdown.
        .replace('\n', " ")
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
fn paragraph(text: &str, x: f64, mut y: f64) -> (String, f64) {
    let mut drawn = String::new();
    for line in wrapped(text, ((WIDTH - x) / 6.8) as usize) {
        drawn += &format!("<text x=\"{x}\" y=\"{y}\">{}</text>\n", escape(&line));
        y += 16.0;
    }
    (drawn, y)
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

/// What to write at a tick: `20 µs`, without the decimal that [`amount`] gives.
fn tick(figure: f64, unit: crate::record::Unit) -> String {
    amount(figure, unit).replace(".0 ", " ")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::record::{Place, Row, Turns, Unit};

    /// A row that was measured, with this median.
    pub fn row(id: &str, median: f64) -> Row {
        Row {
            id: id.to_owned(),
            label: id.to_owned(),
            what: "an operation".to_owned(),
            place: Place::OneCpu,
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
        let shown = CHARTS.iter().flat_map(Chart::shown);
        record(
            shown
                .zip(1..)
                .map(|(shown, n)| row(&shown.id, factor * f64::from(n))),
        )
    }

    fn chart(name: &str) -> &'static Chart {
        CHARTS
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
            for chart in CHARTS {
                let html = chart
                    .draw(&whole(1000.0), yours)
                    .expect("its rows are there");
                let name = chart.name;
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
        let all: String = CHARTS
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
        for chart in CHARTS {
            let html = chart.draw(&figures, None).expect("its rows are there");
            let rows = between(&html, "<tbody>", "</tbody>");
            assert_eq!(
                rows.matches("<tr>").count(),
                chart.shown().len(),
                "{}",
                chart.name
            );
            for shown in chart.shown() {
                assert!(rows.contains(&format!(">{}</th>", escape(&shown.label))));
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
            CHARTS
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
    fn every_lesson_can_be_told_of_a_whole_record() {
        let mut rows = whole(1000.0).rows;
        // What only prose quotes.
        rows.push(row("memory/fork/proportional", 110_000.0));
        rows.push(row("fork-memory/fork-exec-static/small/1024", 34e6));
        let record = record(rows);
        for chart in CHARTS {
            for lesson in chart.lessons {
                assert!(filled(lesson, &record).is_ok(), "{lesson}");
            }
        }
        // What charts and prose are made of is the same: no figure names a row that none has.
        for figure in crate::figures::FIGURES {
            assert!(figure.of(&record).is_ok(), "{:?}", figure.of(&record));
        }
    }

    #[test]
    fn letters_have_room_on_a_telephone() {
        for chart in CHARTS {
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
