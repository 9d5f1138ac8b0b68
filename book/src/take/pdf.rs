//! The book as a PDF, printed by Chromium from the page on which mdBook puts the whole book.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use nix::unistd::geteuid;
use quick_xml::escape::escape;
use regex::{Captures, Regex};

use super::Source;
use crate::pages::relative;
use crate::project::read;

/// In the order in which they are looked for.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// What mdBook puts between two chapters of its page.
const BREAK: &str = r#"<div style="break-before: page; page-break-before: always;"></div>"#;

/// A Chromium or Chrome of this machine.
pub struct Browser(PathBuf);

impl Browser {
    /// The first one on the `PATH`.
    ///
    /// # Errors
    /// Says what to install where there is none.
    pub fn find() -> Result<Self> {
        let folders = env::var_os("PATH").unwrap_or_default();
        let found = BROWSERS
            .iter()
            .flat_map(|name| env::split_paths(&folders).map(move |folder| folder.join(name)))
            .find(|path| path.is_file());
        let browser = found.context(
            "a PDF needs Chromium or Google Chrome, and neither is on the PATH: install one \
             (Debian: `apt install chromium`)",
        )?;
        Ok(Self(browser))
    }

    /// Prints a page with an outline of its headings, and tags for screen readers.
    fn print(&self, page: &Path, pdf: &Path, profile: &Path) -> Result<()> {
        let mut command = Command::new(&self.0);
        command
            .args(["--headless", "--disable-gpu", "--no-first-run"])
            // It is to load the page, and to ask nobody for anything.
            .args([
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args(["--disable-sync", "--disable-quic"])
            .args(["--no-pdf-header-footer", "--generate-pdf-document-outline"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(format!("--print-to-pdf={}", pdf.display()));
        if geteuid().is_root() {
            // Its sandbox doesn't work for root, as in many a container. What it opens is ours.
            command.arg("--no-sandbox");
        }
        let output = command
            .arg(page)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("can't start {}", self.0.display()))?;
        if !output.status.success() || !pdf.exists() {
            let said = String::from_utf8_lossy(&output.stderr);
            // In a container, it complains of the desktop's bus all the time.
            let lines = said.lines().filter(|line| !line.contains("dbus/"));
            let mut last: Vec<_> = lines.rev().take(20).collect();
            last.reverse();
            bail!(
                "{} printed nothing ({}), and said last:\n{}",
                self.0.display(),
                output.status,
                last.join("\n")
            );
        }
        Ok(())
    }
}

/// # Errors
/// A page of mdBook's that isn't as expected; what the browser says when it can't print.
pub fn make(source: &Source, browser: &Browser) -> Result<Vec<u8>> {
    // Beside the files that it needs, and gone before others look there.
    let mut page = tempfile::Builder::new()
        .suffix(".html")
        .tempfile_in(source.plain)?;
    page.write_all(document(source)?.as_bytes())?;
    let work = tempfile::Builder::new()
        .prefix("printing-")
        .tempdir_in(source.project.root.join("target"))?;
    let pdf = work.path().join("book.pdf");
    browser.print(page.path(), &pdf, &work.path().join("profile"))?;
    Ok(fs::read(pdf)?)
}

/// mdBook's page, with a title and the contents before it, made for paper.
fn document(source: &Source) -> Result<String> {
    let page = read(&source.plain.join("print.html"))?;
    let (head, rest) = page
        .split_once("<main>")
        .context("mdBook's print.html has no <main>")?;
    let (main, foot) = rest
        .rsplit_once("</main>")
        .context("mdBook's print.html has no </main>")?;
    let pages = source.contents.pages();
    let chapters: Vec<&str> = main.split(BREAK).collect();
    ensure!(
        chapters.len() == pages.len(),
        "mdBook's print.html has {} chapters and the book {}",
        chapters.len(),
        pages.len()
    );

    let mut ids = Vec::new();
    for (chapter, page) in chapters.iter().zip(&pages) {
        ids.push(id(chapter).with_context(|| format!("{} has no heading", page.file.display()))?);
    }
    let mut text = String::new();
    for (chapter, page) in chapters.iter().zip(&pages) {
        let chapter = with_links(chapter, ids[0])
            .with_context(|| format!("the page {}", page.file.display()))?;
        text += BREAK;
        // The outline nests by the headings' levels.
        text += &for_paper(&lowered(&chapter, page.depth));
    }
    let contents = source.contents.list(&|page| {
        let place = pages.iter().position(|other| other.file == page.file);
        format!("#{}", ids[place.expect("it is one of them")])
    });
    // mdBook's page asks to be printed, which would get in the way of printing it.
    let foot = foot.replace("window.setTimeout(window.print, 100);", "");
    let config = &source.book.config.book;
    let title = format!(
        "<div class=\"title-page\">\n<p class=\"title\">{}</p>\n<p>{}</p>\n<p>{}</p>\n</div>\n",
        escape(config.title.as_deref().unwrap_or_default()),
        escape(config.description.as_deref().unwrap_or_default()),
        escape(config.authors.join(", "))
    );
    let head = head.replacen(
        "</head>",
        concat!("<style>\n", include_str!("print.css"), "</style>\n</head>"),
        1,
    );
    Ok(format!(
        "{head}<main>{title}{BREAK}<h1>Contents</h1>\n<nav class=\"contents\">{contents}</nav>\n\
         {text}</main>{foot}"
    ))
}

/// The id of a chapter's title, to which mdBook's links to the chapter lead.
fn id(chapter: &str) -> Option<&str> {
    static ID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"<h1 id="([^"]+)""#).expect("a constant"));
    Some(ID.captures(chapter)?.get(1)?.as_str())
}

/// With links that work on paper, where mdBook leaves those that lead to no chapter. `first` is the
/// id of the first chapter, which `index.html` shows again.
fn with_links(html: &str, first: &str) -> Result<String> {
    static LINK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(<a [^>]*href=")([^"]*)""#).expect("a constant"));
    let mut wrong = None;
    let html = LINK.replace_all(html, |found: &Captures| match relative(&found[2]) {
        Some(("index.html", "")) => format!("{}#{first}\"", &found[1]),
        Some((path, _)) if !path.is_empty() => {
            wrong = Some(found[2].to_owned());
            String::new()
        }
        _ => found[0].to_owned(),
    });
    if let Some(link) = wrong {
        bail!("the link \"{link}\" leads to no chapter, and nothing else can be opened in a PDF");
    }
    Ok(html.into_owned())
}

/// With each heading so many levels lower.
fn lowered(html: &str, levels: usize) -> String {
    static HEADING: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<(/?)h([1-6])\b").expect("a constant"));
    HEADING
        .replace_all(html, |found: &Captures| {
            let level: usize = found[2].parse().expect("a digit");
            format!("<{}h{}", &found[1], (level + levels).min(6))
        })
        .into_owned()
}

/// What is folded is opened, and a heading doesn't link to itself.
fn for_paper(html: &str) -> String {
    static LINK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?s)<a class="header" href="[^"]*">(.*?)</a>"#).expect("a constant")
    });
    static DETAILS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<details([\s>])").expect("a constant"));
    let html = LINK.replace_all(html, "$1");
    DETAILS.replace_all(&html, "<details open$1").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_chapter_or_out_of_the_book() {
        let links = |html| with_links(html, "start").map_err(|error| error.to_string());
        assert_eq!(
            links("<a class=\"b\" href=\"index.html\">").unwrap(),
            "<a class=\"b\" href=\"#start\">"
        );
        for right in ["<a href=\"#a\">", "<a href=\"https://example.org/a\">"] {
            assert_eq!(links(right).unwrap(), right);
        }
        assert_eq!(
            links("<a href=\"data.csv\">").unwrap_err(),
            "the link \"data.csv\" leads to no chapter, and nothing else can be opened in a PDF"
        );
    }

    #[test]
    fn a_chapter_below_another_has_lower_headings() {
        assert_eq!(
            lowered("<h1 id=\"a\">A</h1><hr><h6>B</h6>", 1),
            "<h2 id=\"a\">A</h2><hr><h6>B</h6>"
        );
    }

    #[test]
    fn on_paper_all_is_open_and_no_heading_links_to_itself() {
        assert_eq!(
            for_paper(
                "<h2 id=\"a\"><a class=\"header\" href=\"#a\">A <code>b</code></a></h2>\n\
                 <details class=\"x\">c</details><details>d</details>"
            ),
            "<h2 id=\"a\">A <code>b</code></h2>\n\
             <details open class=\"x\">c</details><details open>d</details>"
        );
    }
}
