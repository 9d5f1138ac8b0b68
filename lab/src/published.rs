//! What others measured, beside what the lab did: for comparison, with their source and their
//! machine.

use std::fmt::Write as _;

use anyhow::Result;

use crate::chart::{escape, filled};
use crate::record::Record;

/// A published figure.
pub(crate) struct Published {
    source: &'static str,
    machine: &'static str,
    what: &'static str,
    /// As it was published, or the ratio of two published figures.
    said: &'static str,
    /// The nearest that the lab has: `{fork-per-vfork}` stands for the figure of that name.
    pub(crate) here: &'static str,
}

/// Kerrisk, *The Linux Programming Interface* (2010), table 28-3: rates of creation and wait, in
/// processes a second. With 1.70 MB of virtual memory 4544 by fork and 28955 by vfork, with
/// 11.70 MB 1276 and 28810; with exec, and 1.70 MB, 764 and 969.
const TLPI: (&str, &str) = (
    "The Linux Programming Interface, table 28-3",
    "x86-32, Linux 2.6.27",
);

/// Baumann, Appavoo, Krieger and Roscoe, "A fork() in the road", HotOS 2019, figure 1.
const HOTOS: (&str, &str) = (
    "\u{201c}A fork() in the road\u{201d}, HotOS 2019, figure 1",
    "Intel i7-6850K, Ubuntu 16.04",
);

/// Zhao, Gong and Fonseca, "On-demand-fork", EuroSys 2021.
const ON_DEMAND: (&str, &str) = ("\u{201c}On-demand-fork\u{201d}, EuroSys 2021", "Linux 5.6");

const fn published(
    (source, machine): (&'static str, &'static str),
    what: &'static str,
    said: &'static str,
    here: &'static str,
) -> Published {
    Published {
        source,
        machine,
        what,
        said,
        here,
    }
}

pub(crate) const ALL: &[Published] = &[
    published(
        TLPI,
        "fork to vfork, a parent with little memory",
        "6.4 times",
        "{fork-per-vfork} times",
    ),
    published(
        TLPI,
        "the same, a parent of 11.7 MB",
        "23 times",
        "{fork-per-vfork-of-16-mib} times, with 16 MiB",
    ),
    published(
        TLPI,
        "fork and exec to vfork and exec",
        "1.27 times",
        "{fork-exec-per-spawn} times, by posix_spawn, which also resets each signal",
    ),
    published(
        HOTOS,
        "posix_spawn, whatever the parent has written",
        "about 0.5 ms",
        "{spawn-of-0-mib} with nothing, {spawn-of-4-gib} with 4 GiB",
    ),
    published(
        ON_DEMAND,
        "the call of fork, a parent of 1 GB",
        "6.5 ms",
        "{fork-call-of-1-gib}",
    ),
];

/// The published figures, each beside the lab's, as HTML that stands in a page.
///
/// # Errors
/// A row that the record lacks, by its id.
pub fn table(record: &Record) -> Result<String> {
    let mut rows = String::new();
    for Published {
        source,
        machine,
        what,
        said,
        here,
    } in ALL
    {
        let here = filled(here, record)?;
        writeln!(
            rows,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}<br>{}</td></tr>",
            escape(what),
            escape(said),
            escape(&here),
            escape(source),
            escape(machine),
        )?;
    }
    Ok(format!(
        "<div class=\"table-wrapper\"><table>\n\
         <caption>What others published, beside what the lab measured on {}</caption>\n\
         <thead><tr><th scope=\"col\">what</th><th scope=\"col\">published</th>\
         <th scope=\"col\">here</th><th scope=\"col\">source and machine</th></tr></thead>\n\
         <tbody>\n{rows}</tbody></table></div>\n",
        escape(&record.machine.to_string())
    ))
}
