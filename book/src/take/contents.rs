//! The table of contents, as `SUMMARY.md` has it.

use std::path::PathBuf;

use anyhow::Result;
use mdbook_driver::MDBook;
use mdbook_driver::book::{BookItem, Chapter};
use mdbook_driver::builtin_renderers::MarkdownRenderer;

/// The entries on one level, and below each of them its own.
pub struct Contents(pub Vec<Entry>);

/// A chapter, or the title of a part.
pub struct Entry {
    /// With the chapter's number, as in the book's sidebar.
    pub title: String,
    /// The page that mdBook makes of it. None for a part, or a chapter that isn't written yet.
    pub page: Option<Page>,
    pub below: Contents,
}

#[derive(Clone)]
pub struct Page {
    /// Relative to the folder of the built book: `memory-space.html`.
    pub file: PathBuf,
    /// The chapter's name, without its number.
    pub name: String,
    /// The number of chapters that it lies below.
    pub depth: usize,
}

impl Contents {
    /// # Errors
    /// Those of mdBook's preprocessors, which may name a page otherwise than its source.
    pub fn of(book: &MDBook) -> Result<Self> {
        let (book, _) = book.preprocess_book(&MarkdownRenderer::new())?;
        Ok(Self::of_items(&book.items))
    }

    fn of_items(items: &[BookItem]) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        let mut part = None;
        for item in items {
            let entry = match item {
                BookItem::Separator => {
                    part = None;
                    continue;
                }
                BookItem::PartTitle(title) => {
                    part = Some(entries.len());
                    entries.push(Entry {
                        title: title.clone(),
                        page: None,
                        below: Self(Vec::new()),
                    });
                    continue;
                }
                BookItem::Chapter(chapter) => Entry::of(chapter),
            };
            if entry.leads_nowhere() {
                continue;
            }
            match part {
                Some(part) => entries[part].below.0.push(entry),
                None => entries.push(entry),
            }
        }
        // Parts without chapters.
        entries.retain(|entry| !entry.leads_nowhere());
        Self(entries)
    }

    /// All pages, in the order in which they are read.
    pub fn pages(&self) -> Vec<&Page> {
        let mut pages = Vec::new();
        for entry in &self.0 {
            pages.extend(&entry.page);
            pages.extend(entry.below.pages());
        }
        pages
    }

    /// As a list of links, right as HTML and as XML; `link` gives the address of a page.
    pub fn list(&self, link: &impl Fn(&Page) -> String) -> String {
        let mut list = String::from("<ol>\n");
        for Entry { title, page, below } in &self.0 {
            let title = quick_xml::escape::escape(title.as_str());
            list += &match page {
                Some(page) => format!("<li><a href=\"{}\">{title}</a>", link(page)),
                None => format!("<li><span>{title}</span>"),
            };
            if !below.0.is_empty() {
                list += "\n";
                list += &below.list(link);
            }
            list += "</li>\n";
        }
        list + "</ol>\n"
    }
}

impl Entry {
    fn of(chapter: &Chapter) -> Self {
        Self {
            title: match &chapter.number {
                Some(number) => format!("{number} {}", chapter.name),
                None => chapter.name.clone(),
            },
            page: chapter.path.as_ref().map(|path| Page {
                file: path.with_extension("html"),
                name: chapter.name.clone(),
                depth: chapter.parent_names.len(),
            }),
            below: Contents::of_items(&chapter.sub_items),
        }
    }

    fn leads_nowhere(&self) -> bool {
        self.page.is_none() && self.below.0.is_empty()
    }
}
