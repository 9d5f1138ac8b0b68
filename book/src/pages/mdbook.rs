//! What we know of the pages that mdBook 0.5 makes: all of it stands here.
//!
//! Names of files, elements by their selectors, and classes. Where one of them must be in a page and
//! isn't, the build fails and names page and selector (see [`Rewrite`]): so a new version of mdBook
//! can't leave the book half finished.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use lol_html::html_content::Element;
use lol_html::{HandlerResult, RewriteStrSettings, element, rewrite_str};
use scraper::{ElementRef, Html, Selector};

/// Files by which a folder is known to hold a book that mdBook built.
pub const MARKS: [&str; 3] = [CONTENTS, PRINT, ".nojekyll"];
/// The table of contents, which a page without scripts shows in a frame.
pub const CONTENTS: &str = "toc.html";
/// The whole book in one page.
pub const PRINT: &str = "print.html";
/// What a server shows for an unknown path.
pub const NOT_FOUND: &str = "404.html";
/// The first chapter again.
pub const INDEX: &str = "index.html";

pub const CHARSET: &str = "head > meta[charset]";
pub const HEAD_TITLE: &str = "head > title";
pub const DESCRIPTION: &str = "head > meta[name=description]";
pub const ROBOTS: &str = "head > meta[name=robots]";
/// In the page for unknown paths.
pub const BASE: &str = "base";
pub const LINKS_OF_CONTENTS: &str = "a[href]";
pub const BODY_OF_CONTENTS: &str = "body.sidebar-iframe-inner";
pub const BODY: &str = "body:not(.sidebar-iframe-inner)";
/// The title of the book, above each page.
pub const BOOK_TITLE: &str = ".menu-title";
pub const TEXT: &str = "main";
pub const TITLE: &str = "main > h1";
pub const PARAGRAPHS: &str = "main > p, main > ul > li, main > ol > li";
pub const CODE_BLOCK: &str = "main pre";
pub const SIDEBAR_BUTTON: &str = "label#mdbook-sidebar-toggle";
/// Its counterpart for a page without scripts.
pub const SIDEBAR_LABEL: &str = "<noscript><label class=\"icon-button sidebar-label\" \
                                 for=\"mdbook-sidebar-toggle-anchor\">Contents</label></noscript>";
pub const SCRIPTS_OF_SEARCH: &str =
    "script[src*='elasticlunr'], script[src*='mark-'], script[src*='searcher']";
/// What mdBook's search sets on an element as it gives up the focus.
pub const STYLE_OF_SEARCH: &str = "position: absolute; opacity: 0;";

/// What a screen reader is told of the parts of a page.
pub const ATTRIBUTES: [(&str, &[(&str, &str)]); 6] = [
    (TEXT, &[("id", "text"), ("tabindex", "-1")]),
    ("#mdbook-menu-bar", &[("role", "banner")]),
    (
        "#mdbook-help-popup",
        &[("role", "dialog"), ("aria-label", "Keyboard shortcuts")],
    ),
    ("#mdbook-search-wrapper", &[("role", "search")]),
    (
        "#mdbook-searchbar",
        &[
            ("aria-label", "Search this book"),
            ("aria-describedby", "mdbook-searchresults-header"),
        ],
    ),
    ("#mdbook-searchresults-header", &[("role", "status")]),
];

/// What stands between two chapters of the page with the whole book.
pub const BREAK: &str = r#"<div style="break-before: page; page-break-before: always;"></div>"#;
/// By which that page asks to be printed.
pub const PRINTS_ITSELF: &str = "window.setTimeout(window.print, 100);";

/// A heading's link to itself.
pub const LINK_OF_HEADING: &str = "a.header";
/// Lines of a listing that the page hides.
pub const HIDDEN_LINE: &str = "boring";
pub const ADMONITION: &str = "blockquote-tag";
pub const TITLE_OF_ADMONITION: &str = "blockquote-tag-title";
pub const FOOTNOTES: &str = "footnote-definition";
/// How the ids of footnotes, and of the places that refer to them, begin.
pub const FOOTNOTE: &str = "footnote-";
pub const FOOTNOTE_REFERENCE: &str = "fr-";

/// Whether an element is a heading's link to itself.
pub fn is_link_of_heading(element: ElementRef) -> bool {
    element.value().name() == "a" && has_class(element, "header")
}

pub fn has_class(element: ElementRef, class: &str) -> bool {
    element.value().classes().any(|found| found == class)
}

/// Whether a link leads to an id of this page that begins so.
pub fn leads_to(link: &str, id: &str) -> bool {
    link.strip_prefix('#').is_some_and(|to| to.starts_with(id))
}

/// Whether a code block is of this language.
pub fn has_language(block: ElementRef, language: &str) -> bool {
    let class = format!("language-{language}");
    block.child_elements().any(|code| has_class(code, &class))
}

/// All that a selector, which is a constant, finds in a page.
pub fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(selector).expect("a constant");
    page.select(&selector).collect()
}

/// The text of an element, in single spaces.
pub fn text(element: ElementRef) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One rewrite of a page, in which all that isn't named stays as it is, byte for byte.
#[derive(Default)]
pub struct Rewrite<'a> {
    settings: RewriteStrSettings<'a, 'a>,
    expected: Vec<(&'a str, Rc<Cell<usize>>, usize)>,
}

impl<'a> Rewrite<'a> {
    /// Changes each element that the selector finds, if there is one.
    pub fn each(
        mut self,
        selector: &'a str,
        mut change: impl FnMut(&mut Element) -> HandlerResult + 'a,
    ) -> Self {
        self.settings = self
            .settings
            .append_element_content_handler(element!(selector, move |element| change(element)));
        self
    }

    /// The same, of a selector that must find at least `least`.
    pub fn at_least(
        mut self,
        least: usize,
        selector: &'a str,
        mut change: impl FnMut(&mut Element) -> HandlerResult + 'a,
    ) -> Self {
        let found = Rc::new(Cell::new(0));
        self.expected.push((selector, found.clone(), least));
        self.each(selector, move |element| {
            found.set(found.get() + 1);
            change(element)
        })
    }

    /// The same, of a selector that must find something.
    pub fn must(
        self,
        selector: &'a str,
        change: impl FnMut(&mut Element) -> HandlerResult + 'a,
    ) -> Self {
        self.at_least(1, selector, change)
    }

    /// # Errors
    /// A selector that had to find something and didn't; markup that lol_html can't follow.
    pub fn apply(self, html: &str) -> Result<String> {
        let Self { settings, expected } = self;
        let rewritten = rewrite_str(html, settings)?;
        for (selector, found, least) in expected {
            ensure!(
                found.get() >= least,
                "`{selector}` matches {} elements of the page, and must match {least}: mdBook's \
                 markup isn't what book/src/pages/mdbook.rs says",
                found.get()
            );
        }
        Ok(rewritten)
    }
}

/// The first element that a selector finds in a page.
///
/// # Errors
/// A selector that finds nothing.
pub fn first<'a>(page: &'a Html, selector: &str) -> Result<ElementRef<'a>> {
    let found = all(page, selector).into_iter().next();
    found.with_context(|| {
        format!(
            "`{selector}` matches nothing of the page: mdBook's markup isn't what \
             book/src/pages/mdbook.rs says"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_that_must_match_and_does_not_is_an_error_that_names_it() {
        let rewrite =
            || Rewrite::default().must(BOOK_TITLE, |title| Ok(title.set_tag_name("div")?));
        let html = "<p><h1 class=\"menu-title\">A</h1>";
        assert_eq!(
            rewrite().apply(html).unwrap(),
            "<p><div class=\"menu-title\">A</div>"
        );
        let error = rewrite()
            .apply("<h1 class=\"title-of-menu\">A</h1>")
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`.menu-title` matches 0 elements of the page"),
            "{error}"
        );
        let error = first(&Html::parse_document("<p>"), TITLE).unwrap_err();
        assert!(error.to_string().contains("`main > h1`"), "{error}");
    }
}
