//! The book as an EPUB 3.
//!
//! epub-builder would write the package for us, but not the accessibility metadata as EPUB
//! Accessibility 1.1 asks for it, nor which pages hold SVG, without which the EPUB isn't valid.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use quick_xml::escape::escape;
use sha2::{Digest, Sha256};
use tracing::warn;

use super::contents::Page;
use super::{Source, archive, xhtml};
use crate::pages::mdbook;
use crate::project::{Project, hex, read};

/// Relative to the root of the checkout. A PNG, for not every e-reader's shelf shows SVG.
const COVER: &str = "theme/cover.png";

const CONTAINER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles>
<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"#;

/// By EPUB Accessibility 1.1: what a reader needs to know before opening the book. Text suffices,
/// as each figure has a title and a description, which `tests/pages.rs` sees to.
const ACCESS: [(&str, &str); 11] = [
    ("accessMode", "textual"),
    ("accessMode", "visual"),
    ("accessModeSufficient", "textual"),
    ("accessibilityFeature", "alternativeText"),
    ("accessibilityFeature", "ARIA"),
    ("accessibilityFeature", "displayTransformability"),
    ("accessibilityFeature", "readingOrder"),
    ("accessibilityFeature", "structuralNavigation"),
    ("accessibilityFeature", "tableOfContents"),
    ("accessibilityHazard", "none"),
    (
        "accessibilitySummary",
        "All text can be enlarged, recoloured and read aloud. Each figure has a title and a \
         description in words. Programs and their output are text.",
    ),
];

/// One file of the EPUB, as the package's manifest names it.
struct Item {
    id: String,
    /// Relative to the package.
    path: String,
    media_type: &'static str,
    properties: &'static str,
    bytes: Vec<u8>,
    is_read: bool,
}

impl Item {
    /// A page, which is read in the order in which they come.
    fn page(id: impl Into<String>, path: impl Into<String>, document: String) -> Self {
        Self {
            id: id.into(),
            path: path.into(),
            media_type: "application/xhtml+xml",
            properties: "",
            bytes: document.into_bytes(),
            is_read: true,
        }
    }

    /// A file that pages use.
    fn part(id: impl Into<String>, path: impl Into<String>, bytes: Vec<u8>) -> Result<Self> {
        let path = path.into();
        Ok(Self {
            id: id.into(),
            media_type: media_type(Path::new(&path))?,
            path,
            properties: "",
            bytes,
            is_read: false,
        })
    }

    /// The same with what the manifest must say of it.
    fn with(self, properties: &'static str) -> Self {
        Self { properties, ..self }
    }
}

/// # Errors
/// A page that mdBook didn't make, or that can't be XHTML (see [`xhtml::body`]); an image of a kind
/// that e-readers don't have to know.
pub fn make(source: &Source) -> Result<Vec<u8>> {
    let styles = include_bytes!("epub.css").to_vec();
    let mut items = vec![Item::part("styles", "book.css", styles)?];
    let has_cover = source.project.has(COVER);
    if has_cover {
        items.extend(cover(source)?);
    }
    items.push(navigation(source, has_cover)?);
    items.extend(chapters(source)?);

    let package = package(source, &items)?;
    let mut files = vec![
        ("mimetype".to_owned(), b"application/epub+zip".to_vec()),
        ("META-INF/container.xml".to_owned(), CONTAINER.into()),
        ("EPUB/package.opf".to_owned(), package.into_bytes()),
    ];
    let items = items.into_iter();
    files.extend(items.map(|item| (format!("EPUB/{}", item.path), item.bytes)));
    archive::pack(files)
}

/// A whole page; `up` leads from it to the package.
fn document(source: &Source, name: &str, kind: &str, body: &str, up: &str) -> String {
    let (name, language) = (escape(name), escape(source.language()));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="{language}" xml:lang="{language}">
<head>
<title>{name}</title>
<link rel="stylesheet" href="{up}book.css"/>
</head>
<body epub:type="{kind}">
{body}
</body>
</html>
"#
    )
}

/// The picture for the shelf, and the page that shows it.
fn cover(source: &Source) -> Result<[Item; 2]> {
    let image = bytes(&source.project.root.join(COVER))?;
    let body = format!(
        "<p class=\"cover\"><img src=\"cover.png\" alt=\"Cover of {}\" role=\"doc-cover\"/></p>",
        escape(source.title())
    );
    let page = document(source, source.title(), "cover", &body, "");
    Ok([
        Item::part("cover-image", "cover.png", image)?.with("cover-image"),
        Item::page("cover", "cover.xhtml", page),
    ])
}

/// The table of contents, and the landmarks.
fn navigation(source: &Source, has_cover: bool) -> Result<Item> {
    let pages = source.contents.pages();
    let start = pages.first().context("the book has no chapters")?;
    let cover = match has_cover {
        true => "<li><a epub:type=\"cover\" href=\"cover.xhtml\">Cover</a></li>\n",
        false => "",
    };
    let list = source.contents.list(&|page| path(page));
    let nav = format!(
        r#"<nav epub:type="toc" role="doc-toc" aria-labelledby="contents">
<h1 id="contents">Contents</h1>
{list}</nav>
<nav epub:type="landmarks" aria-label="Landmarks" hidden="hidden">
<ol>
{cover}<li><a epub:type="toc" href="nav.xhtml">Contents</a></li>
<li><a epub:type="bodymatter" href="{}">Start of the text</a></li>
</ol>
</nav>"#,
        path(start)
    );
    let page = document(source, "Contents", "frontmatter", &nav, "");
    Ok(Item::page("nav", "nav.xhtml", page).with("nav"))
}

/// The pages of the book, and the images that they show.
fn chapters(source: &Source) -> Result<Vec<Item>> {
    let pages = source.contents.pages();
    let name = |page: &Page| page.file.with_extension("xhtml");
    let mut names: BTreeMap<PathBuf, PathBuf> = pages
        .iter()
        .map(|page| (page.file.clone(), name(page)))
        .collect();
    if let Some(first) = pages.first() {
        let index = names.entry(mdbook::INDEX.into());
        index.or_insert_with(|| name(first));
    }
    let mut items = Vec::new();
    let mut images = BTreeSet::new();
    for (page, number) in pages.iter().zip(1..) {
        let body = xhtml::body(&read(&source.plain.join(&page.file))?, &page.file, &names)
            .with_context(|| format!("the page {}", page.file.display()))?;
        images.extend(body.images);
        let section = format!(
            "<section epub:type=\"chapter\" role=\"doc-chapter\">{}</section>",
            body.xhtml
        );
        let up = "../".repeat(page.file.iter().count());
        let document = document(source, &page.name, "bodymatter", &section, &up);
        let item = Item::page(format!("page-{number}"), path(page), document);
        items.push(item.with(if body.has_svg { "svg" } else { "" }));
    }
    for (image, number) in images.iter().zip(1..) {
        let path = format!("pages/{}", image.display());
        let image = bytes(&source.plain.join(image))?;
        items.push(Item::part(format!("image-{number}"), path, image)?);
    }
    Ok(items)
}

fn bytes(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("can't read {}", file.display()))
}

/// Where a page lies, relative to the package.
fn path(page: &Page) -> String {
    format!("pages/{}", page.file.with_extension("xhtml").display())
}

/// The package document (EPUB 3.3, section 5).
fn package(source: &Source, items: &[Item]) -> Result<String> {
    let mut manifest = String::new();
    let mut spine = String::new();
    for item in items {
        let properties = match item.properties {
            "" => String::new(),
            some => format!(" properties=\"{some}\""),
        };
        manifest += &format!(
            "<item id=\"{}\" href=\"{}\" media-type=\"{}\"{properties}/>\n",
            item.id,
            escape(item.path.as_str()),
            item.media_type
        );
        if item.is_read {
            spine += &format!("<itemref idref=\"{}\"/>\n", item.id);
        }
    }
    Ok(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="identifier" xml:lang="{}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
{}</metadata>
<manifest>
{manifest}</manifest>
<spine>
{spine}</spine>
</package>
"#,
        escape(source.language()),
        metadata(source)?
    ))
}

fn metadata(source: &Source) -> Result<String> {
    let config = &source.book.config.book;
    let id = identifier(source.title(), &config.authors);
    let mut metadata = format!("<dc:identifier id=\"identifier\">{id}</dc:identifier>\n");
    let mut add = |name, text| metadata += &format!("<dc:{name}>{}</dc:{name}>\n", escape(text));
    add("title", source.title());
    add("language", source.language());
    for author in &config.authors {
        add("creator", author);
    }
    if let Some(description) = &config.description {
        add("description", description);
    }
    let modified = modified(source.project)?;
    metadata += &format!("<meta property=\"dcterms:modified\">{modified}</meta>\n");
    for (property, value) in ACCESS {
        metadata += &format!("<meta property=\"schema:{property}\">{value}</meta>\n");
    }
    Ok(metadata)
}

/// The same for all editions of the book: a UUID of the kind made from a name by SHA-256 (RFC 9562,
/// appendix B.2).
fn identifier(title: &str, authors: &[String]) -> String {
    let name = format!("{title}\n{}", authors.join("\n"));
    let mut bytes: [u8; 16] = Sha256::digest(name)[..16].try_into().expect("16 of 32");
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|digits| &hex[digits]);
    format!("urn:uuid:{}", parts.join("-"))
}

/// When the book was last changed, in UTC: `SOURCE_DATE_EPOCH`, or the time of the newest commit.
/// The time of the build would make each EPUB another one.
fn modified(project: &Project) -> Result<Timestamp> {
    let seconds = env::var("SOURCE_DATE_EPOCH").ok();
    let seconds = seconds.or_else(|| newest_commit(project)).unwrap_or_else(|| {
        warn!(
            "the EPUB is dated 1980-01-01, since no git tells the time of the newest commit: set \
             SOURCE_DATE_EPOCH to the seconds since 1970"
        );
        "315532800".to_owned()
    });
    let seconds = seconds
        .trim()
        .parse()
        .with_context(|| format!("SOURCE_DATE_EPOCH is no number of seconds: \"{seconds}\""))?;
    Ok(Timestamp::from_second(seconds)?)
}

/// Its time, in seconds since 1970.
fn newest_commit(project: &Project) -> Option<String> {
    let mut git = Command::new("git");
    let output = git
        .args(["log", "-1", "--format=%ct"])
        .current_dir(&project.root)
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Of what each e-reader knows (EPUB 3.3, section 3.2).
fn media_type(file: &Path) -> Result<&'static str> {
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    Ok(match &*extension {
        "css" => "text/css",
        "gif" => "image/gif",
        "jpeg" | "jpg" => "image/jpeg",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        _ => bail!(
            "{} is no image that every e-reader shows: use PNG, JPEG, WebP, GIF or SVG",
            file.display()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifier_is_a_uuid_and_depends_on_title_and_authors_alone() {
        let id = identifier("Two Kitchens", &["A".to_owned()]);
        assert_eq!(id, identifier("Two Kitchens", &["A".to_owned()]));
        assert_ne!(id, identifier("Two Kitchens", &["B".to_owned()]));
        let parts: Vec<usize> = id["urn:uuid:".len()..].split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(&id[23..24], "8", "{id} doesn't state its version");
    }
}
