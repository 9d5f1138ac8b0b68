//! The step after the build: what mdBook's templates don't give.
//!
//! Each page gets its own description, its address and picture for those who link to it, landmarks
//! and names for those who don't see it, a bar that runs each listing, and a policy for its
//! scripts. The rest of a page stays byte for byte: it is parsed once, to know it, and rewritten
//! once. The book gets its sitemap, robots.txt, and the machine that runs listings in a page.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use lol_html::html_content::ContentType::{Html as Markup, Text};
use maud::{PreEscaped, html};
use quick_xml::escape::escape;
use scraper::Html;
use url::Url;

use super::about::About;
use super::bar::{Bars, Programs};
use super::mdbook::{self, Rewrite};
use super::{policy, structured};
use crate::project::{Project, files, has_extension, read};

/// Where the static pages run a snippet, after a click.
const PLAYGROUND: &str = "https://play.rust-lang.org";
/// The picture that stands for the book where somebody links to it: 1200 × 630 pixels.
const PICTURE: &str = "theme/social.png";
/// What stands with the machine's shell.
const LICENCES: &str = "\n<p>The machine is free software: <a href=\"machine/LICENCES.txt\">what it \
                        consists of, under which licences, and where the source is</a>.</p>";
/// Where the scripts of the pages lie, in the checkout and in the book.
const SCRIPTS: &str = "theme/js";
const OUR_SCRIPTS: &str = "script[src^='theme/js/'], script[src*='/theme/js/']";
/// How a page is known that went through here.
const MARK: &str = "class=\"skip-link\"";

/// Reads the address that the book is published at; it ends in `/`.
///
/// # Errors
/// What isn't the address of a folder on the Web.
pub fn address(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|error| format!("{error}: give https://HOST/PATH/"))?;
    if !matches!(url.scheme(), "http" | "https") || url.query().or(url.fragment()).is_some() {
        return Err("give https://HOST/PATH/, without `?` and `#`".to_owned());
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Finishes the book that mdBook built into `dest`, to be published at `url`.
///
/// Without `url` nothing is written that needs it: the pages' addresses, their picture and the
/// sitemap.
///
/// # Errors
/// A folder that holds no book of mdBook's, or one that was finished before.
pub fn finish(project: &Project, dest: &Path, url: Option<&Url>) -> Result<()> {
    let site = Site::of(project, dest, url)?;
    ensure!(
        !read(&dest.join("index.html"))?.contains(MARK),
        "{} was finished before: build the book anew",
        dest.display()
    );
    for page in files(dest)? {
        if has_extension(&page, "html") {
            let file = dest.join(&page);
            let page = page.to_str().context("a page's name isn't UTF-8")?;
            let html = site
                .page(page, &read(&file)?)
                .with_context(|| format!("can't finish {}", file.display()))?;
            fs::write(&file, html).with_context(|| format!("can't write {}", file.display()))?;
        }
    }
    let mut robots = "User-agent: *\nAllow: /\n".to_owned();
    if let Some(url) = url {
        fs::write(dest.join("sitemap.xml"), site.sitemap(url)?)?;
        robots += &format!("Sitemap: {}\n", url.join("sitemap.xml")?);
        fs::copy(project.root.join(PICTURE), dest.join(PICTURE))
            .with_context(|| format!("can't copy {PICTURE}, the picture for links"))?;
    }
    fs::write(dest.join("robots.txt"), robots)?;
    site.programs.machine.copy(project, dest)
}

/// A built book, and where it will be published.
struct Site<'a> {
    url: Option<&'a Url>,
    /// The pages of its table of contents, in order.
    chapters: Vec<String>,
    programs: Programs,
    has_scripts: bool,
}

impl<'a> Site<'a> {
    fn of(project: &Project, dest: &Path, url: Option<&'a Url>) -> Result<Self> {
        let contents = dest.join(mdbook::CONTENTS);
        ensure!(
            contents.is_file(),
            "{} holds no book that mdBook built: name the folder that `mdbook build` built into",
            dest.display()
        );
        let contents = Html::parse_document(&read(&contents)?);
        let links = mdbook::all(&contents, mdbook::LINKS_OF_CONTENTS).into_iter();
        let chapters: Vec<_> = links
            .filter_map(|link| Some(link.attr("href")?.to_owned()))
            .collect();
        ensure!(!chapters.is_empty(), "the book has no chapters");
        Ok(Self {
            url,
            chapters,
            programs: Programs::of(project)?,
            has_scripts: project.root.join(SCRIPTS).is_dir(),
        })
    }

    /// The page `path`, finished.
    fn page(&self, path: &str, html: &str) -> Result<String> {
        let page = Html::parse_document(html);
        if path == mdbook::CONTENTS {
            return with_frame_of_contents(with_policy(&page, None)).apply(html);
        }
        // On paper nothing runs, and nothing is folded.
        let bars = (path != mdbook::PRINT).then(|| Bars::of(&page, &self.programs));
        let script = bars.as_ref().and_then(Bars::script);
        let rewrite = with_policy(&page, script);
        let mut rewrite = with_frame(self.with_head(rewrite, path, &page)?);
        if let Some(url) = self.url {
            // The page for unknown paths finds its parts from wherever it is shown.
            let least = usize::from(path == mdbook::NOT_FOUND);
            rewrite = rewrite.at_least(least, mdbook::BASE, |base| {
                Ok(base.set_attribute("href", url.path())?)
            });
        }
        if let Some(bars) = bars {
            rewrite = self.with_shell(bars.add(rewrite));
        }
        if self.has_scripts {
            rewrite = with_scripts(rewrite);
        }
        with_corners(rewrite, &page).apply(html)
    }

    /// With a place for the machine's shell, if the page has one, that tells how much is fetched,
    /// and under which licences.
    fn with_shell<'r>(&self, rewrite: Rewrite<'r>) -> Rewrite<'r> {
        let Some(bytes) = self.programs.machine.bytes() else {
            return rewrite;
        };
        rewrite.each("main .shell", move |place| {
            place.set_attribute("data-bytes", &bytes.to_string())?;
            place.after(LICENCES, Markup);
            Ok(())
        })
    }

    /// With what the head tells search engines, and those who link to the page.
    fn with_head<'r>(&self, rewrite: Rewrite<'r>, path: &str, page: &Html) -> Result<Rewrite<'r>> {
        let canonical = match path {
            mdbook::INDEX => Some(&*self.chapters[0]),
            path if self.chapters.iter().any(|chapter| chapter == path) => Some(path),
            _ => None,
        };
        let (tags, rewrite) = match canonical {
            Some(canonical) => {
                let about = About::page(page)?;
                let tags = self.tags(canonical, &about, page)?;
                // In the words of the heading; mdBook's are those of the sidebar.
                let rewrite = rewrite.must(mdbook::HEAD_TITLE, move |title| {
                    title.set_inner_content(&format!("{} - {}", about.title, about.book), Text);
                    Ok(())
                });
                (tags, rewrite)
            }
            None => (
                vec![html! { meta name="robots" content="noindex"; }],
                rewrite,
            ),
        };
        let tags: Vec<_> = tags.into_iter().map(PreEscaped::into_string).collect();
        let tags = tags.join("\n        ");
        Ok(rewrite
            .must(mdbook::DESCRIPTION, move |old| {
                old.replace(&tags, Markup);
                Ok(())
            })
            // Ours says the same.
            .each(mdbook::ROBOTS, |old| {
                old.remove();
                Ok(())
            }))
    }

    /// What a chapter tells those who look for it, and those who link to it: <https://ogp.me>.
    fn tags(&self, canonical: &str, about: &About, page: &Html) -> Result<Vec<PreEscaped<String>>> {
        let property = |name: &str, content: &str| {
            html! { meta property={ "og:" (name) } content=(content); }
        };
        let mut tags = vec![
            html! { meta name="description" content=(about.description); },
            property("type", "article"),
            property("site_name", &about.book),
            property("title", &about.title),
            property("description", &about.description),
        ];
        if let Some(url) = self.url {
            let address = url.join(canonical)?;
            let picture = url.join(PICTURE)?;
            tags.extend([
                html! { link rel="canonical" href=(address); },
                property("url", address.as_str()),
                property("image", picture.as_str()),
                property("image:width", "1200"),
                property("image:height", "630"),
                property("image:alt", &about.book),
                html! { meta name="twitter:card" content="summary_large_image"; },
                structured::data(page, about, &address, url, &picture),
            ]);
        }
        Ok(tags)
    }

    /// All chapters: <https://www.sitemaps.org/protocol.html>.
    fn sitemap(&self, url: &Url) -> Result<String> {
        let mut xml = concat!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
            "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
        )
        .to_owned();
        for chapter in &self.chapters {
            let address = url.join(chapter)?;
            let address = escape(address.as_str());
            xml += &format!("<url><loc>{address}</loc></url>\n");
        }
        Ok(xml + "</urlset>\n")
    }
}

/// Of a page, with its policy first of all that it could concern; the encoding stays before it.
fn with_policy<'r>(page: &Html, script: Option<&str>) -> Rewrite<'r> {
    let policy = PreEscaped(policy::of(page, &[PLAYGROUND], script));
    Rewrite::default().must(mdbook::CHARSET, move |charset| {
        let policy = html! { meta http-equiv="Content-Security-Policy" content=(policy); };
        charset.after(&policy.0, Markup);
        Ok(())
    })
}

/// With no head in the corner of a table, which heads nothing.
fn with_corners<'r>(rewrite: Rewrite<'r>, page: &Html) -> Rewrite<'r> {
    let heads = mdbook::all(page, "th").into_iter();
    let are_corners: Vec<bool> = heads.map(|head| !head.has_children()).collect();
    let count = are_corners.len();
    let mut are_corners = are_corners.into_iter();
    rewrite.at_least(count, "th", move |head| {
        if are_corners.next() == Some(true) {
            head.set_tag_name("td")?;
        }
        Ok(())
    })
}

/// With what a keyboard and a screen reader need of a page's frame.
fn with_frame(mut rewrite: Rewrite) -> Rewrite {
    for (selector, attributes) in mdbook::ATTRIBUTES {
        rewrite = rewrite.must(selector, move |element| {
            for (name, value) in attributes {
                element.set_attribute(name, value)?;
            }
            Ok(())
        });
    }
    rewrite
        .must(mdbook::BODY, |body| {
            let link = format!("\n    <a {MARK} href=\"#text\">Skip to the text</a>");
            body.prepend(&link, Markup);
            Ok(())
        })
        // The chapter's own heading is the first.
        .must(mdbook::BOOK_TITLE, |title| Ok(title.set_tag_name("div")?))
        // A label can't be focused, and has no state to tell. theme/js/frame.js makes the button
        // work; without scripts the label does.
        .must(mdbook::SIDEBAR_BUTTON, |label| {
            label.set_tag_name("button")?;
            label.remove_attribute("for");
            label.set_attribute("type", "button")?;
            label.before(mdbook::SIDEBAR_LABEL, Markup);
            Ok(())
        })
}

/// The contents, for a page without scripts, are a page of their own.
fn with_frame_of_contents(rewrite: Rewrite) -> Rewrite {
    rewrite
        .must(mdbook::BODY_OF_CONTENTS, |body| {
            body.prepend("<main><h1>Contents</h1>", Markup);
            body.append("</main>", Markup);
            Ok(())
        })
        .must(mdbook::ROBOTS, |robots| {
            robots.after("<title>Contents</title>", Markup);
            Ok(())
        })
}

/// With our scripts as modules: each has its own names, and none keeps the text from showing. Those
/// of the search are named to `theme/js/search.js` instead, which loads them when the reader wants
/// to search.
fn with_scripts(rewrite: Rewrite) -> Rewrite {
    let of_search = Rc::new(RefCell::new(Vec::new()));
    let named = of_search.clone();
    rewrite
        .must(OUR_SCRIPTS, |script| {
            Ok(script.set_attribute("type", "module")?)
        })
        .at_least(3, mdbook::SCRIPTS_OF_SEARCH, move |script| {
            of_search.borrow_mut().extend(script.get_attribute("src"));
            script.remove();
            Ok(())
        })
        .must("script[src*='theme/js/search']", move |ours| {
            Ok(ours.set_attribute("data-scripts", &named.take().join(" "))?)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_lacks_what_mdbook_makes_is_named_with_its_selector() {
        let (checkout, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let contents = "<head><meta charset=\"UTF-8\"><meta name=\"robots\"></head>\
                        <body class=\"sidebar-iframe-inner\"><a href=\"a.html\">A</a></body>";
        let page = "<head><meta charset=\"UTF-8\"><title>A</title></head><body><h1 class=\"menu-title\">B</h1>\
                    <main><h1>A</h1></main></body>";
        for (file, html) in [
            ("toc.html", contents),
            ("a.html", page),
            ("index.html", page),
        ] {
            fs::write(dest.path().join(file), html).unwrap();
        }
        let project = Project::new(checkout.path());
        let error = finish(&project, dest.path(), None).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains("a.html: `head > meta[name=description]`"),
            "{error}"
        );
    }

    #[test]
    fn an_address_ends_in_a_slash_and_is_on_the_web() {
        assert_eq!(
            address("https://example.org/book").unwrap().as_str(),
            "https://example.org/book/"
        );
        assert!(address("example.org").is_err());
        assert!(address("file:///book/").is_err());
        assert!(address("https://example.org/?book").is_err());
    }
}
