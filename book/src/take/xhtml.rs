//! A page of the book as XHTML, which an e-reader wants.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Result, bail};
use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use regex::{Captures, Regex};
use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

use crate::pages::mdbook::{self, has_class};
use crate::pages::relative;
use crate::project::without_parents;

const XHTML: &str = "http://www.w3.org/1999/xhtml";
const SVG: &str = "http://www.w3.org/2000/svg";
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// HTML elements that can have no content.
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// The colours of a figure. Few e-readers know the variables by which it follows a page's theme,
/// and one that turns its text white doesn't turn the paper in a figure black: so each figure
/// brings its paper along.
const COLOURS: [(&str, &str); 7] = [
    ("bg", "#ffffff"),
    ("fg", "#1a1a1a"),
    ("links", "#20609f"),
    ("quote-bg", "#eef1f5"),
    ("quote-border", "#d5dae1"),
    ("table-border-color", "#d5dae1"),
    ("table-header-bg", "#d5dae1"),
];
const PAPER: &str = "color: #1a1a1a; background: #ffffff";

/// The content of a page.
pub struct Body {
    pub xhtml: String,
    pub has_svg: bool,
    /// Relative to the folder of the built book.
    pub images: BTreeSet<PathBuf>,
}

/// The `<main>` of a page that mdBook made, for an EPUB of the pages in `names`, where each has the
/// name that it leads to.
///
/// # Errors
/// A page without `<main>`; a link or an image that leads to nothing in the EPUB; a colour of the
/// theme that has no counterpart in it.
pub fn body(html: &str, file: &Path, names: &BTreeMap<PathBuf, PathBuf>) -> Result<Body> {
    let page = Html::parse_document(html);
    let main = mdbook::first(&page, mdbook::TEXT)?;
    let mut translation = Translation {
        out: Writer::new(Vec::new()),
        file,
        names,
        has_svg: false,
        images: BTreeSet::new(),
    };
    translation.children(main)?;
    Ok(Body {
        xhtml: String::from_utf8(translation.out.into_inner())?,
        has_svg: translation.has_svg,
        images: translation.images,
    })
}

struct Translation<'a> {
    out: Writer<Vec<u8>>,
    file: &'a Path,
    names: &'a BTreeMap<PathBuf, PathBuf>,
    has_svg: bool,
    images: BTreeSet<PathBuf>,
}

impl Translation<'_> {
    fn children(&mut self, element: ElementRef) -> Result<()> {
        for child in element.children() {
            if let Some(element) = ElementRef::wrap(child) {
                self.element(element)?;
            } else if let Node::Text(text) = child.value() {
                let text = allowed(text);
                let text = BytesText::from_escaped(partial_escape(&*text));
                self.out.write_event(Event::Text(text))?;
            }
        }
        Ok(())
    }

    fn element(&mut self, element: ElementRef) -> Result<()> {
        let value = element.value();
        let is_html = &*value.name.ns == XHTML;
        // Lines of a listing that the page hides, and what needs scripts.
        if has_class(element, mdbook::HIDDEN_LINE)
            || is_html && matches!(value.name(), "script" | "style" | "template" | "button")
        {
            return Ok(());
        }
        // A heading's link to itself, which isn't one to follow; elements that are our own.
        if mdbook::is_link_of_heading(element)
            || is_html && (value.name().contains('-') || value.name() == "form")
        {
            return self.children(element);
        }
        // An admonition, which is no quotation.
        let name = if has_class(element, mdbook::ADMONITION) {
            "aside"
        } else {
            value.name()
        };
        let mut start = BytesStart::new(name);
        for (attribute, text) in self.attributes(element)? {
            start.push_attribute((&*attribute, &*allowed(&text)));
        }
        let is_empty = if is_html {
            VOID.contains(&name)
        } else {
            !element.has_children()
        };
        if is_empty {
            self.out.write_event(Event::Empty(start))?;
        } else {
            self.out.write_event(Event::Start(start))?;
            self.children(element)?;
            self.out.write_event(Event::End(BytesEnd::new(name)))?;
        }
        Ok(())
    }

    fn attributes(&mut self, element: ElementRef) -> Result<BTreeMap<String, String>> {
        let value = element.value();
        let mut attributes = BTreeMap::new();
        for (name, text) in &value.attrs {
            if name.local.starts_with("xmlns") || &*name.ns == "http://www.w3.org/2000/xmlns/" {
                continue;
            }
            let key = match &name.prefix {
                Some(prefix) => format!("{prefix}:{}", name.local),
                None => name.local.to_string(),
            };
            attributes.insert(key, with_colours(text)?);
        }
        if value.name() == "svg" {
            self.has_svg = true;
            if value.attr("role") == Some("img") {
                let style = attributes.entry("style".to_owned()).or_default();
                *style = format!("{PAPER}; {style}");
            }
        }
        let own = own_attributes(element).iter();
        attributes.extend(own.map(|(name, text)| (name.to_string(), text.to_string())));
        for name in ["href", "xlink:href", "src"] {
            if let Some(link) = attributes.get_mut(name) {
                *link = self.link(value, link)?;
            }
        }
        Ok(attributes)
    }

    /// Where a link leads in the EPUB.
    fn link(&mut self, element: &Element, link: &str) -> Result<String> {
        let is_image = matches!(element.name(), "img" | "image");
        let Some((path, fragment)) = relative(link) else {
            if link.starts_with('/') || is_image && !link.starts_with("data:") {
                bail!("\"{link}\" leads out of the book, where an e-reader can't look");
            }
            return Ok(link.to_owned());
        };
        if path.is_empty() {
            return Ok(link.to_owned());
        }
        let target = without_parents(&self.file.with_file_name("").join(path));
        if is_image {
            self.images.insert(target);
            return Ok(path.to_owned());
        }
        let Some(name) = self.names.get(&target) else {
            bail!(
                "the link \"{link}\" leads to no chapter, and nothing else can be opened in an EPUB"
            );
        };
        let up: PathBuf = self.file.iter().skip(1).map(|_| "..").collect();
        let mut to = up.join(name).display().to_string();
        if !fragment.is_empty() {
            to += "#";
            to += fragment;
        }
        Ok(to)
    }
}

/// The text with colours in the place of the theme's variables.
fn with_colours(text: &str) -> Result<String> {
    static VARIABLE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"var\(--([\w-]+)\)").expect("a constant"));
    let mut unknown = None;
    let text = VARIABLE.replace_all(text, |found: &Captures| {
        let colour = COLOURS.iter().find(|(name, _)| *name == &found[1]);
        if colour.is_none() {
            unknown = Some(found[0].to_owned());
        }
        colour.map_or("", |(_, colour)| colour)
    });
    if let Some(variable) = unknown {
        bail!(
            "a figure takes its colour from {variable}, which has no counterpart in the EPUB: \
             name one in book/src/take/xhtml.rs"
        );
    }
    Ok(text.into_owned())
}

/// What an e-reader needs to know of an element, besides what mdBook says of it.
fn own_attributes(element: ElementRef) -> &'static [(&'static str, &'static str)] {
    let value = element.value();
    let leads_to = |id| mdbook::leads_to(value.attr("href").unwrap_or_default(), id);
    match value.name() {
        "svg" if is_icon_of_admonition(element) => &[
            ("xmlns", SVG),
            ("xmlns:xlink", XLINK),
            ("aria-hidden", "true"),
            ("width", "16"),
            ("height", "16"),
            ("fill", "currentColor"),
        ],
        "svg" => &[("xmlns", SVG), ("xmlns:xlink", XLINK)],
        // Not every e-reader can open it.
        "details" => &[("open", "open")],
        "blockquote" if has_class(element, mdbook::ADMONITION) => &[("role", "note")],
        "ol" if has_class(element, mdbook::FOOTNOTES) => &[("epub:type", "footnotes")],
        "li" if value
            .attr("id")
            .is_some_and(|id| id.starts_with(mdbook::FOOTNOTE)) =>
        {
            &[("epub:type", "footnote")]
        }
        "a" if leads_to(mdbook::FOOTNOTE) => &[("epub:type", "noteref"), ("role", "doc-noteref")],
        "a" if leads_to(mdbook::FOOTNOTE_REFERENCE) => &[("role", "doc-backlink")],
        _ => &[],
    }
}

fn is_icon_of_admonition(icon: ElementRef) -> bool {
    let title = icon.parent().and_then(ElementRef::wrap);
    title.is_some_and(|title| has_class(title, mdbook::TITLE_OF_ADMONITION))
}

/// The text with U+FFFD for each character that XML can't hold (XML 1.0, production "Char").
fn allowed(text: &str) -> Cow<'_, str> {
    let is_allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..) && c != '\u{FFFE}'
    };
    if text.chars().all(is_allowed) {
        return text.into();
    }
    text.chars()
        .map(|c| if is_allowed(c) { c } else { '\u{FFFD}' })
        .collect()
}
