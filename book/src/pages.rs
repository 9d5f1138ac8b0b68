//! The rules that the built pages keep.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use scraper::{ElementRef, Html, Selector};

use crate::problem::Problem;
use crate::project::{Project, read, without_parents};
use crate::quizzes::QUIZZES;

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
            let ids = all(page, "[id]").filter_map(|element| element.attr("id"));
            (file, ids.collect())
        })
        .collect();
    let mut problems = BTreeSet::new();
    for (file, page) in &pages {
        // mdBook's own pages (all in one, the first chapter again) have the links of the chapters.
        let chapter = Path::new("src").join(file.with_extension("md"));
        let quiz = Path::new(QUIZZES).join(file.with_extension("md"));
        let Ok(text) = read(&project.root.join(&chapter)) else {
            continue;
        };
        let asked = read(&project.root.join(&quiz)).unwrap_or_default();
        let mut wrong = |what: &str, message| {
            let (file, line) = match (line_with(&text, what), line_with(&asked, what)) {
                (None, Some(line)) => (&quiz, line),
                (line, _) => (&chapter, line.unwrap_or(1)),
            };
            problems.insert(Problem::new(file, line, message))
        };
        for element in all(page, "[href], [src]") {
            let link = element
                .attr("href")
                .or(element.attr("src"))
                .unwrap_or_default();
            let Some((path, fragment)) = relative(link) else {
                continue;
            };
            let target = if path.is_empty() {
                file.clone()
            } else {
                without_parents(&file.with_file_name("").join(path))
            };
            if !built.join(&target).is_file() {
                wrong(link, format!("the link \"{link}\" leads to no page"));
            } else if !fragment.is_empty()
                && ids.get(&target).is_some_and(|ids| !ids.contains(fragment))
            {
                wrong(
                    link,
                    format!(
                        "the link \"{link}\" leads to no heading or id of its page, which has {}",
                        headings(&pages[&target])
                    ),
                );
            }
        }
        for image in all(page, "img") {
            if image.attr("alt").is_none_or(|text| text.trim().is_empty()) {
                let source = image.attr("src").unwrap_or_default();
                wrong(
                    source,
                    format!("the image \"{source}\" has no text alternative"),
                );
            }
        }
        for figure in all(page, "main svg") {
            let is_named = figure.attr("aria-label").is_some()
                || figure
                    .children()
                    .filter_map(ElementRef::wrap)
                    .any(|child| child.value().name() == "title");
            if !is_named && figure.attr("aria-hidden") != Some("true") {
                wrong(
                    "<svg",
                    "a figure has no title: begin it with `<title>`".to_owned(),
                );
            }
        }
    }
    Ok(problems.into_iter().collect())
}

/// The fragments by which a page's headings are linked to, in their order.
fn headings(page: &Html) -> String {
    all(page, "main :is(h1, h2, h3, h4)[id]")
        .filter_map(|heading| Some(format!("#{}", heading.attr("id")?)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn all<'a>(page: &'a Html, selector: &str) -> impl Iterator<Item = ElementRef<'a>> {
    let selector = Selector::parse(selector).expect("a constant");
    page.select(&selector).collect::<Vec<_>>().into_iter()
}

/// All pages below `built`, by their path there.
fn parse(built: &Path) -> Result<BTreeMap<PathBuf, Html>> {
    let is_page = |file: &PathBuf| file.extension().is_some_and(|it| it == "html");
    let pages = files(built)?.into_iter().filter(is_page);
    pages
        .map(|file| {
            let page = Html::parse_document(&read(&built.join(&file))?);
            Ok((file, page))
        })
        .collect()
}

/// All files below `folder`, sorted and relative to it.
pub(crate) fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in current.read_dir()? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let file = path.strip_prefix(folder).expect("found below it");
                files.insert(file.to_owned());
            }
        }
    }
    Ok(files)
}

/// Path and fragment of a link into the book; nothing for a link that leads out of it.
pub(crate) fn relative(link: &str) -> Option<(&str, &str)> {
    let has_scheme = link.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    });
    // A link that begins with `/` leads to the site's root, where the book may not lie.
    if has_scheme || link.starts_with('/') {
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
