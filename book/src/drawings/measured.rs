//! The charts and the quoted figures of what the lab measured.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use lab::agreement::Agreement;
use lab::chart::{self, Chart};
use lab::record::Record;
use lab::{figures, html};

use crate::made::Made;
use crate::project::Project;

/// What the lab measured on the machine that the book speaks of.
pub const RECORD: &str = "lab/record.json";
/// How it agrees there with its peers: `cargo peers --json` writes it.
const AGREEMENT: &str = "lab/agreement.json";
/// The chart of this name is the table of it.
const PEERS: &str = "agreement";
/// What it measured on the reader's: a plain `cargo lab` leaves it there.
pub const YOURS: &str = "target/lab/record.json";
/// For each chart `NAME.html`.
pub const CHARTS: &str = "lab/charts";
/// What prose quotes, each figure under its name as an anchor.
pub const FIGURES: &str = "lab/figures.txt";

/// The charts and the figures, if there is a record, and the table of agreement, if there is one.
pub(super) fn made(project: &Project) -> Result<Vec<Made>> {
    let [record, agreement] = [RECORD, AGREEMENT].map(|file| project.root.join(file));
    let mut all = Vec::new();
    if agreement.exists() {
        let agreement = Agreement::load(&agreement)?;
        all.push(Made {
            file: file(PEERS),
            from: AGREEMENT.into(),
            text: html::agreement(&agreement),
        });
    }
    if !record.exists() {
        return Ok(all);
    }
    let record = Record::load(&record)?;
    let of_record = |file, text| Made {
        file,
        from: RECORD.into(),
        text,
    };
    for chart in chart::all()? {
        if let Some(drawn) = chart.draw(&record, None) {
            all.push(of_record(file(&chart.name), Ok(drawn)));
        }
    }
    let tables = [
        ("published", html::published(&record)),
        ("machine", Ok(html::machine(&record.machine))),
    ]
    .map(|(name, text)| of_record(file(name), text));
    for file in project.list(CHARTS, "html")? {
        if all.iter().chain(&tables).all(|made| made.file != file) {
            let why = anyhow!("nothing is measured for {}: delete it", file.display());
            all.push(of_record(file, Err(why)));
        }
    }
    all.push(of_record(FIGURES.into(), figures::text(&record)));
    all.extend(tables);
    Ok(all)
}

fn file(chart: &str) -> PathBuf {
    Path::new(CHARTS).join(format!("{chart}.html"))
}

/// The chart of a file.
pub fn chart<'a>(charts: &'a [Chart], file: &Path) -> Option<&'a Chart> {
    charts.iter().find(|chart| self::file(&chart.name) == file)
}
