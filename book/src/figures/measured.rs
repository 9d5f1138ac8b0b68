//! The charts and the quoted figures of what the lab measured.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use lab::agreement::Agreement;
use lab::chart;
use lab::figures;
use lab::published;
use lab::record::Record;
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;

use super::Made;
use crate::chapter::includes;
use crate::project::{Project, names, without_parents};

/// What the lab measured on the machine that the book speaks of.
const RECORD: &str = "lab/record.json";
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
            text: Ok(chart::agreement::draw(&agreement)),
        });
    }
    if !record.exists() {
        return Ok(all);
    }
    let record = Record::load(&record)?;
    all.extend(chart::CHARTS.iter().filter_map(|chart| {
        Some(Made {
            file: file(chart.name),
            from: RECORD.into(),
            text: Ok(chart.draw(&record, None)?),
        })
    }));
    let tables = [
        ("published", published::table(&record)),
        ("machine", Ok(record.machine.table())),
    ]
    .map(|(name, text)| Made {
        file: file(name),
        from: RECORD.into(),
        text,
    });
    for name in names(&project.root.join(CHARTS), "html")? {
        let file = file(&name);
        if all.iter().chain(&tables).all(|made| made.file != file) {
            let why = format!("nothing is measured for {}: delete it", file.display());
            all.push(Made {
                file,
                from: RECORD.into(),
                text: Err(anyhow!(why)),
            });
        }
    }
    all.push(Made {
        file: FIGURES.into(),
        from: RECORD.into(),
        text: figures::text(&record),
    });
    all.extend(tables);
    Ok(all)
}

fn file(chart: &str) -> PathBuf {
    Path::new(CHARTS).join(format!("{chart}.html"))
}

/// Puts the reader's machine into the charts of a book, beside the recorded one, if the lab ran
/// here.
///
/// # Errors
/// A record that can't be read: says what to do. The book is then as it was.
pub fn show_yours(project: &Project, book: &mut MDBook) -> Result<()> {
    let files = [RECORD, YOURS].map(|file| project.root.join(file));
    if !files.iter().all(|file| file.exists()) {
        return Ok(());
    }
    let (recorded, yours) = (Record::load(&files[0])?, Record::load(&files[1])?);
    book.book.for_each_mut(|item| {
        if let BookItem::Chapter(chapter) = item
            && let Some(source) = &chapter.source_path
        {
            let folder = Path::new("src").join(source);
            chapter.content = with_charts(&chapter.content, &folder, |file| {
                chart(file)?.draw(&recorded, Some(&yours))
            });
        }
    });
    Ok(())
}

/// The chart of a file.
fn chart(file: &Path) -> Option<&'static chart::Chart> {
    chart::CHARTS
        .iter()
        .find(|chart| self::file(chart.name) == file)
}

/// A chapter in which a chart stands in the place of each line that includes one.
fn with_charts(text: &str, chapter: &Path, draw: impl Fn(&Path) -> Option<String>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for include in includes(text) {
        let target = without_parents(&chapter.with_file_name(&include.path));
        if let Some(chart) = draw(&target) {
            lines[include.line - 1] = chart.trim_end().to_owned();
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_takes_the_place_of_the_line_that_includes_it_and_nothing_else_changes() {
        let text = "# A\n\n{{#include ../../lab/charts/creation.html}}\n\n{{#include b.txt}}\n";
        let drawn = with_charts(text, Path::new("src/part/a.md"), |file| {
            chart(file).map(|chart| format!("<figure>{}</figure>\n", chart.name))
        });
        assert_eq!(
            drawn,
            "# A\n\n<figure>creation</figure>\n\n{{#include b.txt}}\n"
        );
    }
}
