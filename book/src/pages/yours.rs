//! The reader's own machine in the charts, beside the one that the book speaks of.

use std::path::Path;

use anyhow::Result;
use lab::chart;
use lab::record::Record;
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;

use crate::drawings::measured;
use crate::project::Project;
use crate::text::chapter::includes;

/// Puts the reader's machine into the charts of a book, beside the recorded one, if the lab ran
/// here.
///
/// # Errors
/// A record that can't be read: says what to do. The book is then as it was.
pub fn show(project: &Project, book: &mut MDBook) -> Result<()> {
    let files = [measured::RECORD, measured::YOURS].map(|file| project.root.join(file));
    if !files.iter().all(|file| file.exists()) {
        return Ok(());
    }
    let charts = chart::all()?;
    let (recorded, yours) = (Record::load(&files[0])?, Record::load(&files[1])?);
    book.book.for_each_mut(|item| {
        if let BookItem::Chapter(chapter) = item
            && let Some(source) = &chapter.source_path
        {
            let folder = Path::new("src").join(source);
            chapter.content = with_charts(&chapter.content, &folder, |file| {
                measured::chart(charts, file)?.draw(&recorded, Some(&yours))
            });
        }
    });
    Ok(())
}

/// A chapter in which a chart stands in the place of each line that includes one.
fn with_charts(text: &str, chapter: &Path, draw: impl Fn(&Path) -> Option<String>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for include in includes(text) {
        if let Some(chart) = draw(&include.target(chapter)) {
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
        let charts = chart::all().expect("the list");
        let drawn = with_charts(text, Path::new("src/part/a.md"), |file| {
            let chart = measured::chart(charts, file);
            chart.map(|chart| format!("<figure>{}</figure>\n", chart.name))
        });
        assert_eq!(
            drawn,
            "# A\n\n<figure>creation</figure>\n\n{{#include b.txt}}\n"
        );
    }
}
