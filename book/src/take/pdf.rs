//! The book as a PDF, printed by Chromium from the page on which mdBook puts the whole book.

use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use maud::{Markup, html};
use nix::unistd::geteuid;
use scraper::Html;

use super::Source;
use super::contents::Page;
use crate::pages::mdbook::{self, Rewrite};
use crate::pages::relative;
use crate::project::read;

/// In the order in which they are looked for.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// A Chromium or Chrome of this machine.
pub struct Browser(PathBuf);

impl Browser {
    /// The first one on the `PATH`.
    ///
    /// # Errors
    /// Says what to install where there is none.
    pub fn find() -> Result<Self> {
        let found = BROWSERS.iter().find_map(|name| which::which(name).ok());
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
    let page = read(&source.plain.join(mdbook::PRINT))?;
    let parts = page.split_once("<main>").and_then(|(head, rest)| {
        let (main, foot) = rest.rsplit_once("</main>")?;
        Some((head, main, foot))
    });
    let (head, main, foot) = parts.context("mdBook's print.html has no <main>")?;
    let pages = source.contents.pages();
    let chapters: Vec<&str> = main.split(mdbook::BREAK).collect();
    ensure!(
        chapters.len() == pages.len(),
        "mdBook's print.html has {} chapters and the book {}",
        chapters.len(),
        pages.len()
    );

    let of = |page: &Page| format!("the page {}", page.file.display());
    let mut ids = Vec::new();
    for (chapter, page) in chapters.iter().zip(&pages) {
        ids.push(id(chapter).with_context(|| of(page))?);
    }
    let mut text = String::new();
    for (chapter, page) in chapters.iter().zip(&pages) {
        text += mdbook::BREAK;
        // The outline nests by the headings' levels.
        text += &for_paper(chapter, page.depth, &ids[0]).with_context(|| of(page))?;
    }
    let contents = source.contents.list(&|page| {
        let place = pages.iter().position(|other| other.file == page.file);
        format!("#{}", ids[place.expect("it is one of them")])
    });
    // It would get in the way of printing it.
    ensure!(
        foot.contains(mdbook::PRINTS_ITSELF),
        "mdBook's print.html has no `{}`",
        mdbook::PRINTS_ITSELF
    );
    let foot = foot.replace(mdbook::PRINTS_ITSELF, "");
    let head = head.replacen(
        "</head>",
        concat!("<style>\n", include_str!("print.css"), "</style>\n</head>"),
        1,
    );
    Ok(format!(
        "{head}<main>{}\n{}<h1>Contents</h1>\n<nav class=\"contents\">{contents}</nav>\n\
         {text}</main>{foot}",
        title_page(source).0,
        mdbook::BREAK,
    ))
}

fn title_page(source: &Source) -> Markup {
    let config = &source.book.config.book;
    html! {
        div.title-page {
            "\n" p.title { (config.title.as_deref().unwrap_or_default()) }
            "\n" p { (config.description.as_deref().unwrap_or_default()) }
            "\n" p { (config.authors.join(", ")) } "\n"
        }
    }
}

/// The id of a chapter's title.
fn id(chapter: &str) -> Result<String> {
    let chapter = Html::parse_fragment(chapter);
    mdbook::first(&chapter, mdbook::LINK_OF_HEADING)?;
    let title = mdbook::first(&chapter, "h1[id]")?;
    Ok(title.attr("id").unwrap_or_default().to_owned())
}

/// A chapter in which what is folded is opened, no heading links to itself, headings are so many
/// levels lower, and links work, where mdBook leaves those that lead to no chapter. `first` is the
/// id of the first chapter, which `index.html` shows again.
fn for_paper(chapter: &str, levels: usize, first: &str) -> Result<String> {
    let wrong = RefCell::new(None);
    let chapter = Rewrite::default()
        .each("a[href]", |link| {
            let href = link.get_attribute("href").unwrap_or_default();
            match relative(&href) {
                Some((mdbook::INDEX, "")) => link.set_attribute("href", &format!("#{first}"))?,
                Some((path, _)) if !path.is_empty() => *wrong.borrow_mut() = Some(href),
                _ => {}
            }
            Ok(())
        })
        .each(mdbook::LINK_OF_HEADING, |link| {
            link.remove_and_keep_content();
            Ok(())
        })
        .each("h1, h2, h3, h4, h5, h6", |heading| {
            let level: usize = heading.tag_name()[1..].parse()?;
            Ok(heading.set_tag_name(&format!("h{}", (level + levels).min(6)))?)
        })
        .each("details", |details| Ok(details.set_attribute("open", "")?))
        .apply(chapter)?;
    if let Some(link) = wrong.take() {
        bail!("the link \"{link}\" leads to no chapter, and nothing else can be opened in a PDF");
    }
    Ok(chapter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(html: &str) -> Result<String> {
        for_paper(html, 1, "start")
    }

    #[test]
    fn a_link_leads_to_a_chapter_or_out_of_the_book() {
        assert_eq!(
            chapter("<a class=\"b\" href=\"index.html\">").unwrap(),
            "<a class=\"b\" href=\"#start\">"
        );
        for right in ["<a href=\"#a\">", "<a href=\"https://example.org/a\">"] {
            assert_eq!(chapter(right).unwrap(), right);
        }
        assert_eq!(
            chapter("<a href=\"data.csv\">").unwrap_err().to_string(),
            "the link \"data.csv\" leads to no chapter, and nothing else can be opened in a PDF"
        );
    }

    #[test]
    fn a_chapter_below_another_has_lower_headings() {
        assert_eq!(
            chapter("<h1 id=\"a\">A</h1><hr><h6>B</h6>").unwrap(),
            "<h2 id=\"a\">A</h2><hr><h6>B</h6>"
        );
    }

    #[test]
    fn on_paper_all_is_open_and_no_heading_links_to_itself() {
        let folded = "<h2 id=\"a\"><a class=\"header\" href=\"#a\">A <code>b</code></a></h2>\n\
                      <details class=\"x\">c</details><details>d</details>";
        assert_eq!(
            chapter(folded).unwrap(),
            "<h3 id=\"a\">A <code>b</code></h3>\n\
             <details class=\"x\" open=\"\">c</details><details open=\"\">d</details>"
        );
    }
}
