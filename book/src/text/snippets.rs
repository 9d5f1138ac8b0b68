//! Every Rust fence of the book, prepared for skeptic.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mdbook_driver::builtin_renderers::MarkdownRenderer;

use super::chapter::{self, Chapter, Fence, fences, includes};
use super::rules;
use crate::problem::{Problem, Problems};
use crate::project::{Project, write_if_changed};

/// The start of the line before each snippet, which says where it stands.
pub const PLACE: &str = "// The snippet of ";

/// Writes each Rust fence that must run into a Markdown file of its own below `dir`, as the reader
/// gets it: with what mdBook includes. Gives the files in the order of the book.
///
/// Two things make a failure easy to find. The fence stands in its file at the line at which it
/// stands in its chapter, so that skeptic names the test after that line. And behind the line that
/// says where it stands, each line of code stands at the line of its source (the chapter, or the
/// listing that it was included from), so that the compiler's line numbers are those of the source.
///
/// # Errors
/// [`Problems`] where the sources break a rule.
pub fn write(project: &Project, dir: &Path) -> Result<Vec<PathBuf>> {
    let book = rules::sound(project)?;
    let (expanded, _) = book.preprocess_book(&MarkdownRenderer::new())?;
    let chapters = chapter::of(project, &book.book)?;
    let mut files = Vec::new();
    for (chapter, expanded) in chapters.iter().zip(chapter::of(project, &expanded)?) {
        // In equal numbers: an include brings in no fences (a rule of the sources).
        for (written, read) in fences(&chapter.text).iter().zip(fences(&expanded.text)) {
            if written.runs() {
                let file = dir
                    .join(files.len().to_string())
                    .join(stem(chapter) + ".md");
                write_if_changed(&file, &snippet(project, chapter, written, &read)?)?;
                files.push(file);
            }
        }
    }
    Ok(files)
}

/// The edition of the book's snippets, which `book.toml` states.
///
/// # Errors
/// It states none.
pub fn edition(project: &Project) -> Result<String> {
    let config: toml::Table = toml::from_str(&project.read("book.toml")?)?;
    let edition = config.get("rust").and_then(|rust| rust.get("edition"));
    edition
        .and_then(|edition| edition.as_str())
        .map(str::to_owned)
        .context("book.toml states no edition, such as: [rust] edition = \"2024\"")
}

/// A chapter's path in one word, by which skeptic names its tests: `memory-space`, `README`.
fn stem(chapter: &Chapter) -> String {
    let path = chapter.file.strip_prefix("src").unwrap_or(&chapter.file);
    path.with_extension("")
        .display()
        .to_string()
        .replace('/', "-")
}

fn snippet(project: &Project, chapter: &Chapter, written: &Fence, read: &Fence) -> Result<String> {
    let mut place = format!("{}:{}", chapter.file.display(), written.line);
    let code = match includes(&written.body).first() {
        None => at_lines(read.body.lines().zip(written.line + 1..)),
        Some(include) => {
            let named = include.target(&chapter.file);
            place = format!("{place}, from {}", named.display());
            let source = project.read(&named)?;
            at_lines(lines_of_source(&read.body, &source, &named)?)
        }
    };
    // Longer than any fence that the code may quote.
    let fence = "`".repeat(20);
    let before = "\n".repeat(written.line - 1);
    Ok(format!(
        "{before}{fence}rust\n{PLACE}{place}\n{code}{fence}\n"
    ))
}

/// Text in which each line has the given number, from 1; where that is impossible, it follows the
/// line before.
fn at_lines<'a>(lines: impl IntoIterator<Item = (&'a str, usize)>) -> String {
    let mut text = String::new();
    let mut next = 1;
    for (line, number) in lines {
        for _ in next..number {
            text.push('\n');
        }
        text += line;
        text.push('\n');
        next = number.max(next) + 1;
    }
    text
}

/// The lines that `rustdoc_include` made of a file, each with its number in the file: all of them,
/// in order, some hidden behind `# `, and without the lines of anchors.
fn lines_of_source<'a>(
    included: &'a str,
    source: &str,
    named: &Path,
) -> Result<Vec<(&'a str, usize)>, Problems> {
    let mut lines = source.lines().zip(1..);
    included
        .lines()
        .map(|line| {
            let shown = line.strip_prefix("# ").unwrap_or(line);
            lines
                .find(|(source, _)| [line, shown].contains(source))
                .map(|(_, number)| (line, number))
        })
        .collect::<Option<_>>()
        .ok_or_else(|| {
            let message = "mdBook includes lines here in an order that isn't the file's";
            Problems(vec![Problem::new(named, 1, message)])
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_at_its_number_where_it_can() {
        assert_eq!(at_lines([("a", 3), ("b", 4), ("c", 4)]), "\n\na\nb\nc\n");
    }

    #[test]
    fn the_lines_of_an_anchored_include_are_found_in_the_file() {
        let source = "use a;\n\n// ANCHOR: x\nfn main() {}\n// ANCHOR_END: x\n";
        let included = "# use a;\n# \nfn main() {}\n";
        assert_eq!(
            lines_of_source(included, source, Path::new("a.rs")).unwrap(),
            [("# use a;", 1), ("# ", 2), ("fn main() {}", 4)]
        );
    }
}
