//! The rules that the built pages keep.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use scraper::{ElementRef, Html};
use url::{ParseError, Url};

use super::mdbook::all;
use crate::problem::Problem;
use crate::project::{Project, files, has_extension, read, without_parents};
use crate::text::quizzes;

/// What is wrong with the links and images of a book that was built into `built`: each relative
/// link must lead to a file, each fragment to an id in it, and each image must have a text
/// alternative.
///
/// A page's problem is reported at the line of its chapter, or of its quiz, that mentions the link or
/// image.
pub fn check(project: &Project, built: &Path) -> Result<Vec<Problem>> {
    let pages = parse(built)?;
    let ids: BTreeMap<&PathBuf, BTreeSet<&str>> = pages
        .iter()
        .map(|(file, page)| {
            let ids = all(page, "[id]").into_iter();
            (file, ids.filter_map(|element| element.attr("id")).collect())
        })
        .collect();
    let mut problems = BTreeSet::new();
    for (file, page) in &pages {
        // mdBook's own pages (all in one, the first chapter again) have the links of the chapters.
        let chapter = Path::new("src").join(file.with_extension("md"));
        let quiz = Path::new(quizzes::DATA).join(file.with_extension("toml"));
        let Ok(text) = project.read(&chapter) else {
            continue;
        };
        let asked = project.read(&quiz).unwrap_or_default();
        let links = all(page, "[href], [src]").into_iter();
        let links = links.filter_map(|element| {
            let link = element.attr("href").or(element.attr("src"))?;
            Some((link, wrong_link(link, file, built, &pages, &ids)?))
        });
        let pictures = all(page, "img").into_iter().filter_map(wrong_image);
        let figures = all(page, "main svg").into_iter().filter_map(wrong_figure);
        for (what, message) in links.chain(pictures).chain(figures) {
            let (file, line) = match (line_with(&text, what), line_with(&asked, what)) {
                (None, Some(line)) => (&quiz, line),
                (line, _) => (&chapter, line.unwrap_or(1)),
            };
            problems.insert(Problem::new(file, line, message));
        }
    }
    Ok(problems.into_iter().collect())
}

/// What is wrong with a link of the page `file`.
fn wrong_link(
    link: &str,
    file: &Path,
    built: &Path,
    pages: &BTreeMap<PathBuf, Html>,
    ids: &BTreeMap<&PathBuf, BTreeSet<&str>>,
) -> Option<String> {
    let (path, fragment) = relative(link)?;
    let target = match path {
        "" => file.to_owned(),
        path => without_parents(&file.with_file_name("").join(path)),
    };
    let lacks = |ids: &BTreeSet<&str>| !fragment.is_empty() && !ids.contains(fragment);
    if !built.join(&target).is_file() {
        Some(format!("the link \"{link}\" leads to no page"))
    } else if ids.get(&target).is_some_and(lacks) {
        Some(format!(
            "the link \"{link}\" leads to no heading or id of its page, which has {}",
            headings(&pages[&target])
        ))
    } else {
        None
    }
}

/// The fragments by which a page's headings are linked to, in their order.
fn headings(page: &Html) -> String {
    let headings = all(page, "main :is(h1, h2, h3, h4)[id]").into_iter();
    headings
        .filter_map(|heading| Some(format!("#{}", heading.attr("id")?)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What the line of a wrong image holds, and what is wrong.
fn wrong_image(image: ElementRef<'_>) -> Option<(&str, String)> {
    if image
        .attr("alt")
        .is_some_and(|text| !text.trim().is_empty())
    {
        return None;
    }
    let source = image.attr("src").unwrap_or_default();
    let message = format!("the image \"{source}\" has no text alternative");
    Some((source, message))
}

/// The same of a figure.
fn wrong_figure(figure: ElementRef<'_>) -> Option<(&str, String)> {
    let is_named = figure.attr("aria-label").is_some()
        || figure.attr("aria-hidden") == Some("true")
        || figure
            .child_elements()
            .any(|child| child.value().name() == "title");
    let message = "a figure has no title: begin it with `<title>`";
    (!is_named).then(|| ("<svg", message.to_owned()))
}

/// All pages below `built`, by their path there.
fn parse(built: &Path) -> Result<BTreeMap<PathBuf, Html>> {
    let pages = files(built)?.into_iter();
    pages
        .filter(|file| has_extension(file, "html"))
        .map(|file| {
            let page = Html::parse_document(&read(&built.join(&file))?);
            Ok((file, page))
        })
        .collect()
}

/// Path and fragment of a link into the book; nothing for a link that leads out of it.
pub fn relative(link: &str) -> Option<(&str, &str)> {
    let is_relative = Url::parse(link) == Err(ParseError::RelativeUrlWithoutBase);
    // A link that begins with `/` leads to the site's root, where the book may not lie.
    if !is_relative || link.starts_with('/') {
        return None;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    Some((path.split('?').next().unwrap_or(path), fragment))
}

/// The line of a chapter or quiz that holds `what`, as written for the page or for the chapter, where
/// a link to a chapter ends in `.md`.
fn line_with(text: &str, what: &str) -> Option<usize> {
    let as_written = what.replace(".html", ".md");
    text.lines()
        .position(|line| line.contains(what) || line.contains(&as_written))
        .map(|index| index + 1)
}
