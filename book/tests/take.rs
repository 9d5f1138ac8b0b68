//! What can be taken along (an EPUB, a PDF, a zip), of a small book with all that Markdown offers
//! and of the book itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, Permissions};
use std::io::{self, Cursor, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{LazyLock, OnceLock};
use std::{env, fs};

use book::pages;
use book::project::{Project, without_parents};
use book::text::chapter;
use lopdf::{Dictionary, Document, Object, decode_text_string};
use regex::Regex;
use roxmltree::ParsingOptions;
use scraper::{ElementRef, Html, Node, Selector};
use tempfile::TempDir;
use zip::{CompressionMethod, ZipArchive};

const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

#[test]
fn the_epub_holds_each_chapter_of_the_summary_in_its_order() {
    let chapter = Regex::new(r"\]\(([^)]+)\.md\)").unwrap();
    for book in both() {
        let epub = book.epub();
        let summary = fs::read_to_string(book.root.join("src/SUMMARY.md")).unwrap();
        let expected: Vec<String> = chapter
            .captures_iter(&summary)
            .map(|chapter| format!("EPUB/pages/{}.xhtml", &chapter[1]))
            .collect();
        let mut read = epub.spine();
        read.retain(|file| file.starts_with("EPUB/pages/"));
        assert_eq!(read, expected, "{}", book.name);
        let listed = epub.links("EPUB/nav.xhtml");
        assert_eq!(
            listed[..expected.len()],
            expected,
            "{}: nav.xhtml",
            book.name
        );
    }
}

#[test]
fn a_chapter_of_the_epub_says_what_its_page_says_but_for_hidden_lines() {
    for book in both() {
        let plain = tempfile::tempdir().unwrap();
        let mut loaded = chapter::load(&Project::new(&book.root)).unwrap();
        pages::plain(&mut loaded, plain.path()).unwrap();
        let epub = book.epub();
        for file in epub.spine() {
            let Some(page) = file.strip_prefix("EPUB/pages/") else {
                continue;
            };
            let page = plain.path().join(page).with_extension("html");
            let page = Html::parse_document(&fs::read_to_string(&page).unwrap());
            let main = Selector::parse("main").unwrap();
            let shown = visible(page.select(&main).next().unwrap());
            let document = epub.document(&file);
            let mut nodes = document.descendants();
            let told = text(nodes.find(|node| node.has_tag_name("section")).unwrap());
            assert_eq!(words(&told), words(&shown), "{file}");
        }
    }
}

/// The text of a page for those who read it, as XML can hold it.
fn visible(element: ElementRef) -> String {
    let value = element.value();
    // What a page hides, and what does nothing without scripts.
    if value.classes().any(|class| class == "boring")
        || ["button", "script"].contains(&value.name())
    {
        return String::new();
    }
    element
        .children()
        .map(|child| match (ElementRef::wrap(child), child.value()) {
            (Some(element), _) => visible(element),
            (None, Node::Text(text)) => text.replace('\u{1b}', "\u{fffd}"),
            _ => String::new(),
        })
        .collect()
}

/// The text of an element of the EPUB.
fn text(node: roxmltree::Node) -> String {
    let parts = node.descendants().filter(|node| node.is_text());
    parts.filter_map(|node| node.text()).collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn every_link_of_the_epub_leads_to_a_page_of_it_and_to_an_id_there() {
    for book in both() {
        let epub = book.epub();
        let pages: BTreeSet<String> = epub.spine().into_iter().collect();
        for file in &pages {
            for link in epub.links(file) {
                let (target, fragment) = link.split_once('#').unwrap_or((&link, ""));
                assert!(pages.contains(target), "{file} links to {target}");
                let target = epub.document(target);
                let has_id = |node: roxmltree::Node| node.attribute("id") == Some(fragment);
                assert!(
                    fragment.is_empty() || target.descendants().any(has_id),
                    "{file} links to {link}, where there is no such id"
                );
            }
        }
    }
}

#[test]
fn the_package_of_the_epub_names_each_file_and_no_other() {
    for book in both() {
        let epub = book.epub();
        let package = epub.document("EPUB/package.opf");
        let items = || {
            package
                .descendants()
                .filter(|node| node.has_tag_name((OPF, "item")))
        };
        let path = |item: roxmltree::Node| format!("EPUB/{}", item.attribute("href").unwrap());
        let named: BTreeSet<String> = items().map(path).collect();
        let mut held: BTreeSet<String> = epub.files.keys().cloned().collect();
        for file in ["mimetype", "META-INF/container.xml", "EPUB/package.opf"] {
            assert!(held.remove(file), "{file} is missing");
        }
        assert_eq!(held, named);
        for item in items().filter(|&item| path(item).ends_with(".xhtml")) {
            let page = path(item);
            let says_svg = item.attribute("properties") == Some("svg");
            let document = epub.document(&page);
            let has_svg = document
                .descendants()
                .any(|node| node.has_tag_name((SVG, "svg")));
            assert_eq!(says_svg, has_svg, "{page}");
        }
    }
}

#[test]
fn an_epub_begins_with_its_type_and_tells_who_can_read_it() {
    let bytes = fs::read(WHOLE.file("epub")).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let first = archive.by_index(0).unwrap();
    assert_eq!(first.name().unwrap(), "mimetype");
    assert_eq!(first.compression(), CompressionMethod::Stored);
    // Where tools look for it, by EPUB 3.3, section 4.2.2.
    assert_eq!(&bytes[30..58], b"mimetypeapplication/epub+zip");

    let epub = WHOLE.epub();
    let package = epub.document("EPUB/package.opf");
    let told = |property: &str| -> Vec<&str> {
        package
            .descendants()
            .filter(|node| node.attribute("property") == Some(property))
            .filter_map(|node| node.text())
            .collect()
    };
    assert_eq!(told("dcterms:modified"), ["2026-01-02T03:04:05Z"]);
    assert_eq!(told("schema:accessMode"), ["textual", "visual"]);
    assert_eq!(told("schema:accessModeSufficient"), ["textual"]);
    assert_eq!(told("schema:accessibilityHazard"), ["none"]);
    assert!(told("schema:accessibilityFeature").contains(&"alternativeText"));
    assert_eq!(told("schema:accessibilitySummary").len(), 1);
    let cover = package
        .descendants()
        .find(|node| node.attribute("properties") == Some("cover-image"));
    assert_eq!(cover.unwrap().attribute("href"), Some("cover.png"));
    assert_eq!(epub.spine()[..2], ["EPUB/cover.xhtml", "EPUB/nav.xhtml"]);
}

#[test]
fn each_page_of_the_epub_has_its_chapters_name() {
    let epub = SMALL.epub();
    let title = |file: String| {
        let page = epub.document(&file);
        let title = page.descendants().find(|node| node.has_tag_name("title"));
        text(title.unwrap())
    };
    let titles = Vec::from_iter(epub.spine().into_iter().map(title));
    assert_eq!(
        titles,
        ["Contents", "Start & <end>", "Inner", "Deep", "Last"]
    );
}

#[test]
fn the_contents_of_the_epub_nest_as_the_summary_does() {
    let epub = SMALL.epub();
    let nav = epub.text("EPUB/nav.xhtml");
    let list = &nav[nav.find("<ol>").unwrap()..nav.find("</nav>").unwrap()];
    assert_eq!(
        list.replace('\n', ""),
        "<ol><li><a href=\"pages/start.xhtml\">Start &amp; &lt;end&gt;</a></li>\
         <li><span>A part</span><ol>\
         <li><a href=\"pages/part/inner.xhtml\">1. Inner</a><ol>\
         <li><a href=\"pages/part/deep.xhtml\">1.1. Deep</a></li></ol></li></ol></li>\
         <li><a href=\"pages/last.xhtml\">Last</a></li></ol>"
    );
}

#[test]
fn what_markdown_offers_is_right_in_the_epub() {
    let epub = SMALL.epub();
    let page = epub.text("EPUB/pages/start.xhtml");
    let has = |what: &str| assert!(page.contains(what), "there is no {what} in\n{page}");
    // An admonition, a footnote and the way back.
    has("<aside class=\"blockquote-tag blockquote-tag-warning\" role=\"note\">");
    has("epub:type=\"noteref\" href=\"#footnote-salt\" role=\"doc-noteref\"");
    has("<li epub:type=\"footnote\" id=\"footnote-salt\">");
    has("href=\"#fr-salt-1\" role=\"doc-backlink\"");
    // What is folded is open, for readers that can't.
    has("<details open=\"open\"><summary>A solution</summary>");
    has("<td style=\"text-align: right\">1</td>");
    has("<img alt=\"A jar\" src=\"jar.svg\"/>");
    has("<h1 id=\"start\">Start</h1>");
    has("<br/>");
    has("a &lt; b &amp;&amp; b &gt; c");
    // Links: to a page in a folder, to one of its headings, and out of the book.
    has("<a href=\"part/inner.xhtml\">");
    has("<a href=\"part/inner.xhtml#a-heading\">");
    has("<a href=\"https://example.org/?a=1&amp;b=2\">");
    // XML can't hold the escape character.
    has("\u{fffd}[1mbold");
    assert!(
        !page.contains("hidden_line"),
        "a hidden line shows:\n{page}"
    );
    assert!(!page.contains("<script"), "there is a script:\n{page}");

    let inner = epub.text("EPUB/pages/part/inner.xhtml");
    for link in [
        "../start.xhtml#start",
        "../part/deep.xhtml",
        "../../book.css",
    ] {
        assert!(
            inner.contains(&format!("href=\"{link}\"")),
            "{link}:\n{inner}"
        );
    }
    assert!(
        inner.contains("<img alt=\"A jar\" src=\"../jar.svg\"/>"),
        "{inner}"
    );
}

#[test]
fn a_figure_of_the_epub_has_title_description_and_colours_of_its_own() {
    let epub = WHOLE.epub();
    let mut figures = 0;
    for file in epub.spine() {
        assert!(
            !epub.text(&file).contains("var(--"),
            "{file} needs the page's theme"
        );
        for figure in epub
            .document(&file)
            .descendants()
            .filter(|node| node.has_tag_name((SVG, "svg")) && node.attribute("role") == Some("img"))
        {
            figures += 1;
            for name in ["title", "desc"] {
                let has = figure.children().any(|node| node.has_tag_name((SVG, name)));
                assert!(has, "{file}: a figure has no <{name}>");
            }
            assert!(figure.attribute("viewBox").is_some(), "{file}");
            let style = figure.attribute("style").unwrap();
            assert!(style.contains("background: #ffffff"), "{file}: {style}");
        }
    }
    let drawn = fs::read_dir(WHOLE.root.join("src/figures"))
        .unwrap()
        .count();
    assert!(figures >= drawn, "{figures} of at least {drawn}");
}

#[test]
fn epubcheck_accepts_the_epub() {
    let Some(epubcheck) = tool(&["epubcheck"], "epubcheck_accepts_the_epub") else {
        return;
    };
    for book in both() {
        let mut command = Command::new(&epubcheck);
        // Debian's is a Java archive, which only some kernels are told how to start.
        if fs::read(&epubcheck).unwrap().starts_with(b"PK") {
            command = Command::new("java");
            command.arg("-jar").arg(&epubcheck);
        }
        let output = command
            .arg("--failonwarnings")
            .arg(book.file("epub"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", said_wrong(&output));
    }
}

#[test]
fn the_same_book_gives_the_same_bytes() {
    let again = tempfile::tempdir().unwrap();
    let dest = again.path().join("elsewhere");
    succeed(build(&SMALL.root, &dest, &["--epub", "--zip"]));
    for kind in ["epub", "zip"] {
        let first = SMALL.file(kind);
        let second = dest.join(first.file_name().unwrap());
        assert!(
            fs::read(first).unwrap() == fs::read(second).unwrap(),
            "{kind}"
        );
    }
}

#[test]
fn each_link_of_the_pdf_works() {
    for book in both() {
        let Some(pdf) = book.pdf("each_link_of_the_pdf_works") else {
            return;
        };
        let file = book.name;
        let places = dictionary(pdf, pdf.catalog().unwrap().get(b"Dests").unwrap());
        let pages: BTreeSet<_> = pdf.get_pages().into_values().collect();
        let mut inside = 0;
        let mut outside = BTreeSet::new();
        for link in links(pdf) {
            if let Ok(place) = link.get(b"Dest") {
                let name = place.as_name().unwrap();
                let place = places.get(name).unwrap_or_else(|_| {
                    let name = String::from_utf8_lossy(name);
                    panic!("{file} links to {name}, which isn't there");
                });
                let page = pdf.dereference(place).unwrap().1.as_array().unwrap()[0].clone();
                assert!(pages.contains(&page.as_reference().unwrap()));
                inside += 1;
            } else {
                let action = dictionary(pdf, link.get(b"A").unwrap());
                let address = pdf.dereference(action.get(b"URI").unwrap()).unwrap().1;
                outside.insert(String::from_utf8(address.as_str().unwrap().to_vec()).unwrap());
            }
        }
        // Each link out of the book, and none into the folder in which it was printed.
        let epub = book.epub();
        let mut written = BTreeSet::new();
        for page in epub.spine() {
            let page = epub.document(&page);
            let links = page.descendants().filter_map(|node| node.attribute("href"));
            written.extend(links.filter(|link| link.contains(':')).map(str::to_owned));
        }
        assert_eq!(outside, written, "{file}");
        assert!(inside >= epub.spine().len(), "{file}: {inside}");
    }
}

#[test]
fn the_outline_of_the_pdf_nests_chapters_and_their_headings() {
    for book in both() {
        let Some(pdf) = book.pdf("the_outline_of_the_pdf_nests") else {
            return;
        };
        assert_eq!(outline(pdf), headings(book), "{}", book.name);
    }
    // What is compared with is right.
    let nested = ["Inner", "  A heading", "  Deep", "    Under it"];
    assert_eq!(headings(&SMALL)[3..7], nested);
}

/// The headings of all chapters, indented by two for each that they lie below; those of a chapter
/// lie below the chapter above it.
fn headings(book: &Built) -> Vec<String> {
    let epub = book.epub();
    let nav = epub.document("EPUB/nav.xhtml");
    let mut above: Vec<usize> = Vec::new();
    let mut headings = vec!["Contents".to_owned()];
    for file in epub.spine() {
        let Some(page) = file.strip_prefix("EPUB/") else {
            continue;
        };
        let entry = nav
            .descendants()
            .find(|node| node.attribute("href") == Some(page));
        let Some(entry) = entry.filter(|_| page.starts_with("pages/")) else {
            continue;
        };
        let chapters_above = entry.ancestors().skip(2).filter(|node| {
            node.has_tag_name("li") && node.children().any(|child| child.has_tag_name("a"))
        });
        let depth = chapters_above.count();
        for heading in epub.document(&file).descendants() {
            let level = heading.tag_name().name().strip_prefix('h');
            let Some(level) = level.and_then(|level| level.parse::<usize>().ok()) else {
                continue;
            };
            while above.last().is_some_and(|last| *last >= level + depth) {
                above.pop();
            }
            let text = text(heading);
            headings.push("  ".repeat(above.len()) + &words(&text).join(" "));
            above.push(level + depth);
        }
    }
    headings
}

#[test]
fn the_pdf_is_tagged_has_title_and_language_and_shows_what_is_folded() {
    let Some(pdf) = SMALL.pdf("the_pdf_is_tagged_has_title_and_language") else {
        return;
    };
    let catalog = pdf.catalog().unwrap();
    let mark = dictionary(pdf, catalog.get(b"MarkInfo").unwrap());
    assert!(mark.get(b"Marked").unwrap().as_bool().unwrap());
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en");
    let info = dictionary(pdf, pdf.trailer.get(b"Info").unwrap());
    let title = decode_text_string(info.get(b"Title").unwrap()).unwrap();
    assert_eq!(title, "A & B");
    let pages: Vec<u32> = pdf.get_pages().into_keys().collect();
    let text = pdf.extract_text(&pages).unwrap();
    assert!(text.contains("The answer is folded"), "{text}");
    assert!(!text.contains("hidden_line"), "{text}");
}

#[test]
fn the_pages_of_the_zip_lead_nowhere_else_and_their_search_finds_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    WHOLE.zip().extract(folder.path()).unwrap();
    let book = folder.path().join("two-kitchens");
    assert!(!book.join("404.html").exists(), "it is for servers");
    let problems = pages::check(&Project::new(&WHOLE.root), &book).unwrap();
    assert!(problems.is_empty(), "{}", problems[0]);

    let Some(browser) = tool(&BROWSERS, "the_search_finds_without_a_server") else {
        return;
    };
    let mut command = Command::new(browser);
    if nix::unistd::geteuid().is_root() {
        command.arg("--no-sandbox");
    }
    let profile = folder.path().join("profile");
    let index = book.join("index.html");
    let output = command
        .args(["--headless", "--disable-gpu", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
        ])
        .args(["--disable-sync", "--disable-quic"])
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}?search=interleaving", index.display()))
        .output()
        .unwrap();
    let page = Html::parse_document(&String::from_utf8(output.stdout).unwrap());
    let count = |selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
    assert!(
        count("mdbook-sidebar-scrollbox li a") >= 20,
        "the sidebar is empty"
    );
    assert!(
        count("#mdbook-searchresults li") > 0,
        "the search finds nothing"
    );
}

#[test]
fn a_page_links_to_what_lies_beside_it_and_to_nothing_else() {
    let read = |page: PathBuf| fs::read_to_string(page).unwrap();
    let start = read(SMALL.dest().join("start.html"));
    let link = "<a href=\"a-b.epub\"><code>a-b.epub</code></a>";
    assert!(start.contains(link), "{start}");
    let inner = read(SMALL.dest().join("part/inner.html"));
    let link = "<a href=\"../a-b.zip\"><code>a-b.zip</code></a>";
    assert!(inner.contains(link), "{inner}");
    let mut packed = String::new();
    let mut zip = SMALL.zip();
    let mut page = zip.by_name("a-b/start.html").unwrap();
    page.read_to_string(&mut packed).unwrap();
    assert!(packed.contains(" <code>a-b.epub</code>"), "{packed}");

    let folder = tempfile::tempdir().unwrap();
    succeed(build(&SMALL.root, folder.path(), &[]));
    let start = read(folder.path().join("start.html"));
    assert!(start.contains(" <code>a-b.epub</code>"), "{start}");
    assert!(!folder.path().join("a-b.epub").exists());
}

/// What a build with a PDF says that fails where these are all programs that there are.
fn without_pdf(programs: &Path, dest: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_book"))
        .args(["build", "--pdf", "--dest"])
        .arg(dest)
        .current_dir(&SMALL.root)
        .env("PATH", programs)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    said_wrong(&output)
}

#[test]
fn without_a_browser_a_pdf_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let dest = folder.path().join("book");
    let said = without_pdf(folder.path(), &dest);
    let expected = "error: a PDF needs Chromium or Google Chrome";
    assert!(said.starts_with(expected), "{said}");
    assert!(said.contains("apt install chromium"), "{said}");
    assert!(!dest.exists());
}

#[test]
fn a_browser_that_fails_is_quoted_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let browser = folder.path().join("chromium");
    fs::write(&browser, "#!/bin/sh\necho no display >&2\nexit 3\n").unwrap();
    fs::set_permissions(&browser, Permissions::from_mode(0o755)).unwrap();
    let dest = folder.path().join("book");
    let said = without_pdf(folder.path(), &dest);
    assert!(said.contains("error: can't make a-b.pdf"), "{said}");
    assert!(said.contains("no display"), "{said}");
    assert!(!dest.join("a-b.pdf").exists());
}

const OPF: &str = "http://www.idpf.org/2007/opf";
const SVG: &str = "http://www.w3.org/2000/svg";

/// A book, and what was built of it.
struct Built {
    /// Of its files, without the ending.
    name: &'static str,
    root: PathBuf,
    folder: TempDir,
    /// Reading it takes seconds.
    pdf: OnceLock<Document>,
}

static WHOLE: LazyLock<Built> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Built::new(
        "two-kitchens",
        root.to_owned(),
        tempfile::tempdir().unwrap(),
    )
});

static SMALL: LazyLock<Built> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("sources");
    for (file, text) in SOURCES {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    Built::new("a-b", root, folder)
});

/// What holds for each of them is tried on the small one first.
fn both() -> [&'static Built; 2] {
    [&SMALL, &WHOLE]
}

const SOURCES: [(&str, &str); 7] = [
    (
        "book.toml",
        "[book]\ntitle = \"A & B\"\nauthors = [\"C <D>\"]\nlanguage = \"en\"\n\
         [build]\ncreate-missing = false\n",
    ),
    (
        "src/SUMMARY.md",
        "# Summary\n\n[Start & \\<end>](start.md)\n\n# A part\n\n- [Inner](part/inner.md)\n  \
         - [Deep](part/deep.md)\n- [Not yet]()\n\n---\n\n[Last](last.md)\n",
    ),
    (
        "src/start.md",
        "# Start\n\nTake `a-b.epub` along.\\\nAnd see [within](part/inner.md), \
         [its heading](part/inner.md#a-heading), \
         [out](https://example.org/?a=1&b=2).[^salt]\n\n[^salt]: A pinch.\n\n\
         ## More\n\n> [!WARNING]\n> Hot.\n\n> Quoted.\n\n\
         ```rust\n# fn hidden_line() {}\nfn main() {\n    assert!(a < b && b > c);\n}\n```\n\n\
         ```text\n\u{1b}[1mbold\n```\n\n\
         | a | b |\n|---|--:|\n| x | 1 |\n\n- [x] done\n- [ ] open\n\n![A jar](jar.svg)\n\n\
         <details><summary>A solution</summary>\n\nThe answer is folded.\n\n</details>\n\n\
         <svg viewBox=\"0 0 8 8\" role=\"img\"><title>A square</title><desc>It is blue.</desc>\
         <rect width=\"8\" height=\"8\" fill=\"var(--links)\"/></svg>\n\n\
         <a-quiz><button>Check</button><script>run()</script><p>What is left?</p></a-quiz>\n",
    ),
    (
        "src/part/inner.md",
        "# Inner\n\n## A heading\n\n[Back](../start.md#start), [down](deep.md), `a-b.zip`.\n\n\
         ![A jar](../jar.svg)\n",
    ),
    ("src/part/deep.md", "# Deep\n\n## Under it\n\nText.\n"),
    ("src/last.md", "# Last\n\nThe [start](index.html).\n"),
    (
        "src/jar.svg",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><circle r=\"4\"/></svg>\n",
    ),
];

impl Built {
    fn new(name: &'static str, root: PathBuf, folder: TempDir) -> Self {
        let built = Self {
            name,
            root,
            folder,
            pdf: OnceLock::new(),
        };
        let mut wanted = vec!["--epub", "--zip"];
        if found(&BROWSERS).is_some() {
            wanted.push("--pdf");
        }
        succeed(build(&built.root, &built.dest(), &wanted));
        built
    }

    fn dest(&self) -> PathBuf {
        self.folder.path().join("book")
    }

    /// What was made beside the pages.
    fn file(&self, kind: &str) -> PathBuf {
        self.dest().join(format!("{}.{kind}", self.name))
    }

    fn zip(&self) -> ZipArchive<File> {
        ZipArchive::new(File::open(self.file("zip")).unwrap()).unwrap()
    }

    fn epub(&self) -> Epub {
        let mut archive = ZipArchive::new(File::open(self.file("epub")).unwrap()).unwrap();
        let mut files = BTreeMap::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            files.insert(file.name().unwrap().into_owned(), bytes);
        }
        Epub { files }
    }

    /// Nothing, said in a line, where there is no browser.
    fn pdf(&self, test: &str) -> Option<&Document> {
        tool(&BROWSERS, test)?;
        let load = || Document::load(self.file("pdf")).unwrap();
        Some(self.pdf.get_or_init(load))
    }
}

struct Epub {
    files: BTreeMap<String, Vec<u8>>,
}

impl Epub {
    fn text(&self, file: &str) -> &str {
        str::from_utf8(&self.files[file]).unwrap()
    }

    /// Fails where it isn't well-formed.
    fn document(&self, file: &str) -> roxmltree::Document<'_> {
        let options = ParsingOptions {
            allow_dtd: true,
            ..ParsingOptions::default()
        };
        let text = self.text(file);
        roxmltree::Document::parse_with_options(text, options)
            .unwrap_or_else(|error| panic!("{file}: {error}\n{text}"))
    }

    /// The pages in the order in which they are read.
    fn spine(&self) -> Vec<String> {
        let package = self.document("EPUB/package.opf");
        let items: BTreeMap<_, _> = package
            .descendants()
            .filter(|node| node.has_tag_name((OPF, "item")))
            .map(|item| (item.attribute("id"), item.attribute("href").unwrap()))
            .collect();
        package
            .descendants()
            .filter(|node| node.has_tag_name((OPF, "itemref")))
            .map(|item| format!("EPUB/{}", items[&item.attribute("idref")]))
            .collect()
    }

    /// What a page links to within the EPUB, as a path in it and a fragment.
    fn links(&self, file: &str) -> Vec<String> {
        self.document(file)
            .descendants()
            .filter(|node| node.tag_name().name() == "a")
            .filter_map(|node| node.attribute("href"))
            .filter(|href| !href.contains(':'))
            .map(|href| match href.strip_prefix('#') {
                Some(_) => format!("{file}{href}"),
                None => {
                    let path = Path::new(file).with_file_name(href);
                    without_parents(&path).display().to_string()
                }
            })
            .collect()
    }
}

fn dictionary<'a>(pdf: &'a Document, object: &'a Object) -> &'a Dictionary {
    pdf.dereference(object).unwrap().1.as_dict().unwrap()
}

/// The links on all pages.
fn links(pdf: &Document) -> Vec<&Dictionary> {
    let mut links = Vec::new();
    for page in pdf.get_pages().into_values() {
        let Ok(list) = pdf.get_dictionary(page).unwrap().get(b"Annots") else {
            continue;
        };
        let list = pdf.dereference(list).unwrap().1.as_array().unwrap();
        links.extend(list.iter().map(|link| dictionary(pdf, link)));
    }
    links
}

/// The titles, indented by two for each level.
fn outline(pdf: &Document) -> Vec<String> {
    fn below(pdf: &Document, parent: &Dictionary, indent: &str, titles: &mut Vec<String>) {
        let mut next = parent.get(b"First").ok();
        while let Some(entry) = next {
            let entry = dictionary(pdf, entry);
            let title = decode_text_string(entry.get(b"Title").unwrap()).unwrap();
            titles.push(format!("{indent}{}", words(&title).join(" ")));
            below(pdf, entry, &format!("{indent}  "), titles);
            next = entry.get(b"Next").ok();
        }
    }
    let mut titles = Vec::new();
    let root = dictionary(pdf, pdf.catalog().unwrap().get(b"Outlines").unwrap());
    below(pdf, root, "", &mut titles);
    titles
}

fn build(root: &Path, dest: &Path, wanted: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_book"))
        .arg("build")
        .args(wanted)
        .arg("--dest")
        .arg(dest)
        .current_dir(root)
        .env("SOURCE_DATE_EPOCH", "1767323045")
        .output()
        .unwrap()
}

fn succeed(output: Output) {
    assert!(output.status.success(), "{}", said_wrong(&output));
}

fn said_wrong(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn found(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| which::which(name).ok())
}

/// A tool of this machine. Without it, CI fails, and elsewhere a line says what isn't tested.
fn tool(names: &[&str], test: &str) -> Option<PathBuf> {
    let tool = found(names);
    if tool.is_none() {
        let name = names[0];
        let is_needed = env::var_os("CI").is_some();
        assert!(!is_needed, "there is no {name}: install it");
        // Past the test's captured output.
        let line = format!("Skipped: {test}, for there is no {name}.\n");
        io::stderr().write_all(line.as_bytes()).unwrap();
    }
    tool
}
