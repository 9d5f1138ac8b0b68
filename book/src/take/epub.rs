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

/// # Errors
/// A page that mdBook didn't make, or that can't be XHTML (see [`xhtml::body`]); an image of a kind
/// that e-readers don't have to know.
pub fn make(source: &Source) -> Result<Vec<u8>> {
    let config = &source.book.config.book;
    let title = config.title.as_deref().unwrap_or("Untitled");
    let language = config.language.as_deref().unwrap_or("en");
    let document = |name: &str, kind: &str, body: &str, styles: &str| {
        let (name, language) = (escape(name), escape(language));
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="{language}" xml:lang="{language}">
<head>
<title>{name}</title>
<link rel="stylesheet" href="{styles}"/>
</head>
<body epub:type="{kind}">
{body}
</body>
</html>
"#
        )
        .into_bytes()
    };
    let mut items = vec![Item {
        id: "styles".to_owned(),
        path: "book.css".to_owned(),
        media_type: "text/css",
        properties: "",
        bytes: include_bytes!("epub.css").to_vec(),
        is_read: false,
    }];
    let mut first = "";
    let cover = source.project.root.join(COVER);
    if cover.exists() {
        first = "<li><a epub:type=\"cover\" href=\"cover.xhtml\">Cover</a></li>\n";
        items.push(Item {
            id: "cover-image".to_owned(),
            path: "cover.png".to_owned(),
            media_type: "image/png",
            properties: "cover-image",
            bytes: fs::read(&cover).with_context(|| format!("can't read {}", cover.display()))?,
            is_read: false,
        });
        let image = format!(
            "<p class=\"cover\"><img src=\"cover.png\" alt=\"Cover of {}\" role=\"doc-cover\"/></p>",
            escape(title)
        );
        items.push(Item {
            id: "cover".to_owned(),
            path: "cover.xhtml".to_owned(),
            media_type: "application/xhtml+xml",
            properties: "",
            bytes: document(title, "cover", &image, "book.css"),
            is_read: true,
        });
    }

    let pages = source.contents.pages();
    let start = pages.first().context("the book has no chapters")?;
    let list = source.contents.list(&|page| path(page));
    let nav = format!(
        r#"<nav epub:type="toc" role="doc-toc" aria-labelledby="contents">
<h1 id="contents">Contents</h1>
{list}</nav>
<nav epub:type="landmarks" aria-label="Landmarks" hidden="hidden">
<ol>
{first}<li><a epub:type="toc" href="nav.xhtml">Contents</a></li>
<li><a epub:type="bodymatter" href="{}">Start of the text</a></li>
</ol>
</nav>"#,
        path(start)
    );
    items.push(Item {
        id: "nav".to_owned(),
        path: "nav.xhtml".to_owned(),
        media_type: "application/xhtml+xml",
        properties: "nav",
        bytes: document("Contents", "frontmatter", &nav, "book.css"),
        is_read: true,
    });

    let mut names: BTreeMap<PathBuf, PathBuf> = pages
        .iter()
        .map(|page| (page.file.clone(), page.file.with_extension("xhtml")))
        .collect();
    // mdBook's other name for the first chapter.
    names
        .entry("index.html".into())
        .or_insert_with(|| start.file.with_extension("xhtml"));
    let mut images = BTreeSet::new();
    for (number, page) in pages.iter().enumerate() {
        let file = source.plain.join(&page.file);
        let body = xhtml::body(&read(&file)?, &page.file, &names)
            .with_context(|| format!("the page {}", page.file.display()))?;
        images.extend(body.images);
        let section = format!(
            "<section epub:type=\"chapter\" role=\"doc-chapter\">{}</section>",
            body.xhtml
        );
        let up = "../".repeat(page.file.iter().count());
        items.push(Item {
            id: format!("page-{}", number + 1),
            path: path(page),
            media_type: "application/xhtml+xml",
            properties: if body.has_svg { "svg" } else { "" },
            bytes: document(&page.name, "bodymatter", &section, &format!("{up}book.css")),
            is_read: true,
        });
    }
    for (number, image) in images.iter().enumerate() {
        let file = source.plain.join(image);
        items.push(Item {
            id: format!("image-{}", number + 1),
            path: format!("pages/{}", image.display()),
            media_type: media_type(image)?,
            properties: "",
            bytes: fs::read(&file).with_context(|| format!("can't read {}", file.display()))?,
            is_read: false,
        });
    }

    let package = package(source, &items, title, language)?;
    let mut files = vec![
        ("mimetype".to_owned(), &b"application/epub+zip"[..]),
        ("META-INF/container.xml".to_owned(), CONTAINER.as_bytes()),
        ("EPUB/package.opf".to_owned(), package.as_bytes()),
    ];
    files.extend(
        items
            .iter()
            .map(|item| (format!("EPUB/{}", item.path), &item.bytes[..])),
    );
    archive::pack(files)
}

/// Where a page lies, relative to the package.
fn path(page: &Page) -> String {
    format!("pages/{}", page.file.with_extension("xhtml").display())
}

/// The package document (EPUB 3.3, section 5).
fn package(source: &Source, items: &[Item], title: &str, language: &str) -> Result<String> {
    let config = &source.book.config.book;
    let mut metadata = format!(
        "<dc:identifier id=\"identifier\">{}</dc:identifier>\n\
         <dc:title>{}</dc:title>\n\
         <dc:language>{}</dc:language>\n",
        identifier(title, &config.authors),
        escape(title),
        escape(language)
    );
    for author in &config.authors {
        metadata += &format!("<dc:creator>{}</dc:creator>\n", escape(author.as_str()));
    }
    if let Some(description) = &config.description {
        metadata += &format!(
            "<dc:description>{}</dc:description>\n",
            escape(description.as_str())
        );
    }
    metadata += &format!(
        "<meta property=\"dcterms:modified\">{}</meta>\n",
        modified(source.project)?
    );
    for (property, value) in ACCESS {
        metadata += &format!("<meta property=\"schema:{property}\">{value}</meta>\n");
    }
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
{metadata}</metadata>
<manifest>
{manifest}</manifest>
<spine>
{spine}</spine>
</package>
"#,
        escape(language)
    ))
}

/// The same for all editions of the book: a UUID of the kind made from a name by SHA-256 (RFC 9562,
/// appendix B.2).
fn identifier(title: &str, authors: &[String]) -> String {
    let name = format!("{title}\n{}", authors.join("\n"));
    let mut bytes: [u8; 16] = Sha256::digest(name)[..16].try_into().expect("16 of 32");
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(bytes);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    format!("urn:uuid:{}", parts.join("-"))
}

/// When the book was last changed, in UTC: `SOURCE_DATE_EPOCH`, or the time of the newest commit.
/// The time of the build would make each EPUB another one.
fn modified(project: &Project) -> Result<Timestamp> {
    let seconds = match env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds,
        Err(_) => {
            let git = Command::new("git")
                .args(["log", "-1", "--format=%ct"])
                .current_dir(&project.root)
                .output();
            match git {
                Ok(output) if output.status.success() => String::from_utf8(output.stdout)?,
                _ => {
                    warn!(
                        "the EPUB is dated 1980-01-01, since no git tells the time of the newest \
                         commit: set SOURCE_DATE_EPOCH to the seconds since 1970"
                    );
                    "315532800".to_owned()
                }
            }
        }
    };
    let seconds = seconds
        .trim()
        .parse()
        .with_context(|| format!("SOURCE_DATE_EPOCH is no number of seconds: \"{seconds}\""))?;
    Ok(Timestamp::from_second(seconds)?)
}

/// The images that each e-reader knows (EPUB 3.3, section 3.2).
fn media_type(image: &Path) -> Result<&'static str> {
    let extension = image.extension().unwrap_or_default().to_string_lossy();
    Ok(match &*extension {
        "gif" => "image/gif",
        "jpeg" | "jpg" => "image/jpeg",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        _ => bail!(
            "{} is no image that every e-reader shows: use PNG, JPEG, WebP, GIF or SVG",
            image.display()
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
