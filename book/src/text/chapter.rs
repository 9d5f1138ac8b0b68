//! The chapters, and what they are written in: fences and includes.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result};
use mdbook_driver::MDBook;
use mdbook_driver::book::Book;
use mdbook_markdown::pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use regex::Regex;

use crate::project::{Project, names, without_parents};

/// Markdown that readers see: a chapter, or a page of the repository.
pub struct Chapter {
    /// Relative to the root of the checkout: `src/kitchen.md`, `README.md`.
    pub file: PathBuf,
    pub text: String,
}

/// All chapters in the order of SUMMARY.md, then README and CONTRIBUTING where they exist: as they
/// are written.
///
/// # Errors
/// Those of mdBook: no SUMMARY.md, or one that names a file that doesn't exist.
pub fn chapters(project: &Project) -> Result<Vec<Chapter>> {
    of(project, &load(project)?.book)
}

/// Has mdBook load the book.
///
/// # Errors
/// Those of [`chapters`].
pub fn load(project: &Project) -> Result<MDBook> {
    MDBook::load(&project.root).context("mdBook can't load the book")
}

/// The same chapters of a book that is loaded.
pub fn of(project: &Project, book: &Book) -> Result<Vec<Chapter>> {
    let mut chapters: Vec<Chapter> = book
        .chapters()
        .filter_map(|chapter| {
            Some(Chapter {
                file: Path::new("src").join(chapter.source_path.as_ref()?),
                text: chapter.content.clone(),
            })
        })
        .collect();
    for page in ["README.md", "CONTRIBUTING.md"] {
        if project.has(page) {
            chapters.push(Chapter {
                file: page.into(),
                text: project.read(page)?,
            });
        }
    }
    Ok(chapters)
}

/// The names of the files of chapters, without `.md`.
///
/// # Errors
/// A folder that can't be read.
pub fn slugs(project: &Project) -> Result<Vec<String>> {
    let mut slugs = names(&project.src(), "md")?;
    slugs.retain(|slug| !["SUMMARY", "404"].contains(&slug.as_str()));
    Ok(slugs)
}

/// The file of a chapter, from the root of the checkout.
pub fn file(slug: &str) -> PathBuf {
    Path::new("src").join(format!("{slug}.md"))
}

/// What mdBook's own parser finds in a text, each with the bytes at which it stands.
pub fn events(markdown: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    new_cmark_parser(markdown, &MarkdownOptions::default()).into_offset_iter()
}

/// A fenced code block.
pub struct Fence {
    /// What stands behind the opening backticks.
    pub info: String,
    /// The line of the opening backticks, from 1.
    pub line: usize,
    pub body: String,
}

impl Fence {
    /// Whether it is a snippet that must run.
    pub fn runs(&self) -> bool {
        matches!(purpose(&self.info), Some(Ok(Purpose::Runs)))
    }
}

/// The fenced code blocks of a text.
pub fn fences(markdown: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (event, range) in events(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Some(Fence {
                    info: info.into_string(),
                    line: line_of(markdown, range.start),
                    body: String::new(),
                });
            }
            Event::Text(text) => {
                if let Some(fence) = &mut open {
                    fence.body.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => fences.extend(open.take()),
            _ => {}
        }
    }
    fences
}

/// What a Rust fence is for.
pub enum Purpose {
    /// It compiles, runs and exits with 0.
    Runs,
    /// It fails to compile with this code.
    MustNotCompile(String),
}

/// What a fence's info string says, if it is a Rust fence.
///
/// # Errors
/// A Rust fence that would prove nothing: says why.
pub fn purpose(info: &str) -> Option<Result<Purpose, String>> {
    let words: Vec<&str> = info
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect();
    let language = words.first()?.to_ascii_lowercase();
    if !["rust", "rs"].contains(&language.as_str()) && !words.contains(&"rust") {
        return None;
    }
    let is_code = |word: &str| {
        word.strip_prefix('E')
            .is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    let skips = |word: &&&str| ["ignore", "no_run", "should_panic"].contains(*word);
    Some(match words[..] {
        ["rust"] => Ok(Purpose::Runs),
        ["rust", "compile_fail", code] if is_code(code) => {
            Ok(Purpose::MustNotCompile(code.to_owned()))
        }
        _ => {
            let what = match words.iter().find(skips) {
                Some(word) => format!("a fence with `{word}` proves nothing"),
                None => format!("skeptic may pass over a fence `{info}`"),
            };
            Err(format!(
                "{what}: write `rust` for a program that runs, or `rust,compile_fail,E0000` (with \
                 its code) for one from listings/fails"
            ))
        }
    })
}

/// The line, from 1, of a byte of a text.
pub fn line_of(text: &str, byte: usize) -> usize {
    1 + text[..byte].matches('\n').count()
}

/// A line `{{#include PATH}}` or `{{#rustdoc_include PATH:ANCHOR}}`.
pub struct Include {
    /// `include` or `rustdoc_include`.
    pub kind: String,
    /// As written: relative to the chapter's folder.
    pub path: String,
    /// What stands behind the colon: an anchor or a range of lines.
    pub part: Option<String>,
    /// The line in the text that was searched, from 1.
    pub line: usize,
}

impl Include {
    /// The file that it names in `chapter`; both from the root of the checkout.
    pub fn target(&self, chapter: &Path) -> PathBuf {
        without_parents(&chapter.with_file_name(&self.path))
    }
}

/// What a text brings in from other files.
pub fn includes(text: &str) -> Vec<Include> {
    static INCLUDE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^\\])\{\{#(include|rustdoc_include)\s+([^}:\s]+)(?::([^}\s]*))?\s*\}\}")
            .expect("a constant")
    });
    INCLUDE
        .captures_iter(text)
        .map(|found| Include {
            kind: found[1].to_owned(),
            path: found[2].to_owned(),
            part: found.get(3).map(|part| part.as_str().to_owned()),
            line: line_of(text, found.get(1).expect("always there").start()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_found_with_its_line_wherever_it_stands() {
        let text = "# A\n\n> > ```rust,x\n> > a\n> > ```\n\n<details>\n\n~~~text\nb\n~~~\n\n    no fence\n";
        let fences = fences(text);
        let found = fences.iter().map(|it| (&*it.info, it.line, &*it.body));
        assert_eq!(
            Vec::from_iter(found),
            [("rust,x", 3, "a\n"), ("text", 9, "b\n")]
        );
    }

    #[test]
    fn an_include_has_path_part_and_line_and_an_escaped_one_is_none() {
        let text = "a\n{{#include ../b.txt}}\n\\{{#include c}}\n{{#rustdoc_include d.rs:e}}";
        let includes = includes(text);
        let found = includes
            .iter()
            .map(|it| (&*it.path, it.part.as_deref(), it.line));
        assert_eq!(
            Vec::from_iter(found),
            [("../b.txt", None, 2), ("d.rs", Some("e"), 4)]
        );
    }
}
