//! The step after the build: what mdBook's templates don't give.
//!
//! Each page gets its own description, its address and picture for those who link to it, landmarks
//! and names for those who don't see it, a bar that runs each listing, and a policy for its
//! scripts. The rest of a page stays byte for byte. The book gets its sitemap, robots.txt, and the
//! machine that runs listings in a page.

mod about;
mod bar;
mod machine;
pub mod policy;
mod stale;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use lol_html::html_content::ContentType;
use lol_html::{RewriteStrSettings, element, rewrite_str};
use scraper::{Html, Selector};
use url::Url;

use self::about::About;
use self::machine::Offers;
use crate::listing::Program;
use crate::pages::files;
use crate::problem::Problem;
use crate::project::{Project, read};
use crate::record;

/// Where the static pages run a snippet, after a click.
const PLAYGROUND: &str = "https://play.rust-lang.org";
/// The picture that stands for the book where somebody links to it: 1200 × 630 pixels.
const PICTURE: &str = "theme/social.png";
/// What stands with the machine's shell.
const LICENCES: &str = "\n<p>The machine is free software: <a href=\"machine/LICENCES.txt\">what it \
                        consists of, under which licences, and where the source is</a>.</p>";
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
    for page in pages(dest)? {
        let file = dest.join(&page);
        let html = site
            .page(&page, &read(&file)?)
            .with_context(|| format!("can't finish {}", file.display()))?;
        fs::write(&file, html).with_context(|| format!("can't write {}", file.display()))?;
    }
    let mut robots = "User-agent: *\nAllow: /\n".to_owned();
    if let Some(url) = url {
        fs::write(dest.join("sitemap.xml"), site.sitemap(url)?)?;
        robots += &format!("Sitemap: {}\n", url.join("sitemap.xml")?);
        fs::copy(project.root.join(PICTURE), dest.join(PICTURE))
            .with_context(|| format!("can't copy {PICTURE}, the picture for links"))?;
    }
    fs::write(dest.join("robots.txt"), robots)?;
    site.machine.copy(project, dest)
}

/// A built book, and where it will be published.
struct Site<'a> {
    url: Option<&'a Url>,
    /// The pages of its table of contents, in order.
    chapters: Vec<String>,
    /// Those that its pages can show.
    programs: Vec<Program>,
    /// Those of them whose output is of another source, by name.
    stale: BTreeMap<String, Problem>,
    machine: Offers,
}

impl<'a> Site<'a> {
    fn of(project: &Project, dest: &Path, url: Option<&'a Url>) -> Result<Self> {
        let toc = dest.join("toc.html");
        ensure!(
            toc.is_file(),
            "{} holds no book that mdBook built: name the folder that `mdbook build` built into",
            dest.display()
        );
        let toc = Html::parse_document(&read(&toc)?);
        let links = Selector::parse("a[href]").expect("a constant");
        let chapters: Vec<_> = toc
            .select(&links)
            .filter_map(|link| Some(link.attr("href")?.to_owned()))
            .collect();
        ensure!(!chapters.is_empty(), "the book has no chapters");
        let programs = Program::all(project)?;
        Ok(Self {
            url,
            chapters,
            stale: record::stale(project, &programs)?,
            programs,
            machine: Offers::of(project)?,
        })
    }

    /// The page `path`, finished.
    fn page(&self, path: &str, html: &str) -> Result<String> {
        let about = About::page(html);
        let html = self.head(path, &about, html)?;
        let html = match path {
            // On paper nothing runs, and nothing is folded.
            "print.html" => html,
            _ => {
                let html = self.shell(&bar::add(&html, &self.programs, &self.machine)?)?;
                let is_stale = |program: &&Program| self.stale.contains_key(&program.name);
                stale::mark(html, &Vec::from_iter(self.programs.iter().filter(is_stale)))?
            }
        };
        let html = rewrite_str(&html, accessible())?;
        // The corner of a table heads nothing.
        let html = search_on_demand(&html)?.replace("<th></th>", "<td></td>");
        let policy = policy::of(&html, &[PLAYGROUND]);
        let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
        // First of all that it could concern; the encoding stays before it.
        let policy = element!("head > meta[charset]", |charset| {
            charset.after(&meta, ContentType::Html);
            Ok(())
        });
        Ok(rewrite_str(
            &html,
            RewriteStrSettings::new().append_element_content_handler(policy),
        )?)
    }

    /// The page, whose place for the machine's shell, if it has one, tells how much is fetched, and
    /// under which licences.
    fn shell(&self, html: &str) -> Result<String> {
        let Some(bytes) = self.machine.bytes() else {
            return Ok(html.to_owned());
        };
        let place = element!("main .shell", |place| {
            place.set_attribute("data-bytes", &bytes.to_string())?;
            place.after(LICENCES, ContentType::Html);
            Ok(())
        });
        let settings = RewriteStrSettings::new().append_element_content_handler(place);
        Ok(rewrite_str(html, settings)?)
    }

    /// The page with what its head tells search engines, and those who link to it.
    fn head(&self, path: &str, about: &About, html: &str) -> Result<String> {
        let canonical = match path {
            // mdBook's second copy of the first chapter.
            "index.html" => Some(&*self.chapters[0]),
            path if self.chapters.iter().any(|chapter| chapter == path) => Some(path),
            _ => None,
        };
        let mut tags = Vec::new();
        match canonical {
            Some(canonical) => {
                tags.push(format!(
                    "<meta name=\"description\" content=\"{}\">",
                    escaped(&about.description)
                ));
                tags.extend(self.open_graph(canonical, about)?);
            }
            None => tags.push("<meta name=\"robots\" content=\"noindex\">".to_owned()),
        }
        let tags = tags.join("\n        ");
        let mut settings = RewriteStrSettings::new()
            .append_element_content_handler(element!("head > meta[name=description]", |old| {
                old.replace(&tags, ContentType::Html);
                Ok(())
            }))
            // Ours says the same.
            .append_element_content_handler(element!("head > meta[name=robots]", |old| {
                match path {
                    "toc.html" => old.after("<title>Contents</title>", ContentType::Html),
                    _ => old.remove(),
                }
                Ok(())
            }));
        if let Some(url) = self.url {
            // The page for unknown paths finds its parts from wherever it is shown.
            settings = settings.append_element_content_handler(element!("base", |base| {
                base.set_attribute("href", url.path())?;
                Ok(())
            }));
        }
        Ok(rewrite_str(html, settings)?)
    }

    /// What a page tells those who link to it: <https://ogp.me>.
    fn open_graph(&self, canonical: &str, about: &About) -> Result<Vec<String>> {
        let property = |name: &str, content: &str| {
            format!(
                "<meta property=\"og:{name}\" content=\"{}\">",
                escaped(content)
            )
        };
        let mut tags = vec![
            property("type", "article"),
            property("site_name", &about.book),
            property("title", &about.title),
            property("description", &about.description),
        ];
        if let Some(url) = self.url {
            let address = url.join(canonical)?;
            tags.push(format!("<link rel=\"canonical\" href=\"{address}\">"));
            tags.push(property("url", address.as_str()));
            tags.push(property("image", url.join(PICTURE)?.as_str()));
            tags.push(property("image:width", "1200"));
            tags.push(property("image:height", "630"));
            tags.push(property("image:alt", &about.book));
            tags.push("<meta name=\"twitter:card\" content=\"summary_large_image\">".to_owned());
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
            let address = escaped(url.join(chapter)?.as_str());
            xml += &format!("<url><loc>{address}</loc></url>\n");
        }
        Ok(xml + "</urlset>\n")
    }
}

/// What a keyboard and a screen reader need of a page's frame.
fn accessible() -> RewriteStrSettings<'static, 'static> {
    let attributes = |selector: &str, pairs: &'static [(&str, &str)]| {
        element!(selector, move |element| {
            for (name, value) in pairs {
                element.set_attribute(name, value)?;
            }
            Ok(())
        })
    };
    RewriteStrSettings::new()
        .append_element_content_handler(element!("body:not(.sidebar-iframe-inner)", |body| {
            let link = format!("\n    <a {MARK} href=\"#text\">Skip to the text</a>");
            body.prepend(&link, ContentType::Html);
            Ok(())
        }))
        // The contents, for a page without scripts, are a page of their own.
        .append_element_content_handler(element!("body.sidebar-iframe-inner", |body| {
            body.prepend("<main><h1>Contents</h1>", ContentType::Html);
            body.append("</main>", ContentType::Html);
            Ok(())
        }))
        .append_element_content_handler(attributes("main", &[("id", "text"), ("tabindex", "-1")]))
        .append_element_content_handler(attributes("#mdbook-menu-bar", &[("role", "banner")]))
        .append_element_content_handler(attributes(
            "#mdbook-help-popup",
            &[("role", "dialog"), ("aria-label", "Keyboard shortcuts")],
        ))
        .append_element_content_handler(attributes("#mdbook-search-wrapper", &[("role", "search")]))
        .append_element_content_handler(attributes(
            "#mdbook-searchbar",
            &[
                ("aria-label", "Search this book"),
                ("aria-describedby", "mdbook-searchresults-header"),
            ],
        ))
        .append_element_content_handler(attributes(
            "#mdbook-searchresults-header",
            &[("role", "status")],
        ))
        // The chapter's own heading is the first.
        .append_element_content_handler(element!(".menu-title", |title| {
            title.set_tag_name("div")?;
            Ok(())
        }))
        // A label can't be focused, and has no state to tell. theme/js/frame.js makes the button
        // work; without scripts the label does.
        .append_element_content_handler(element!("label#mdbook-sidebar-toggle", |label| {
            label.set_tag_name("button")?;
            label.remove_attribute("for");
            label.set_attribute("type", "button")?;
            label.before(
                "<noscript><label class=\"icon-button sidebar-label\" \
                 for=\"mdbook-sidebar-toggle-anchor\">Contents</label></noscript>",
                ContentType::Html,
            );
            Ok(())
        }))
        // Ours are modules: each has its own names, and none keeps the text from showing.
        .append_element_content_handler(attributes(
            "script[src^='theme/js/'], script[src*='/theme/js/']",
            &[("type", "module")],
        ))
}

/// The page without the scripts of the search, which are named to `theme/js/search.js` instead: it
/// loads them when the reader wants to search.
fn search_on_demand(html: &str) -> Result<String> {
    let scripts = RefCell::new(Vec::new());
    Ok(rewrite_str(
        html,
        RewriteStrSettings::new()
            .append_element_content_handler(element!(
                "script[src*='elasticlunr'], script[src*='mark-'], script[src*='searcher']",
                |script| {
                    scripts.borrow_mut().extend(script.get_attribute("src"));
                    script.remove();
                    Ok(())
                }
            ))
            .append_element_content_handler(element!("script[src*='theme/js/search']", |ours| {
                Ok(ours.set_attribute("data-scripts", &scripts.take().join(" "))?)
            })),
    )?)
}

/// The pages below `dest`, by their path there.
fn pages(dest: &Path) -> Result<Vec<String>> {
    files(dest)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "html"))
        .map(|path| {
            let page = path.to_str().map(str::to_owned);
            page.with_context(|| format!("{} isn't UTF-8", path.display()))
        })
        .collect()
}

/// A text as it stands in HTML and XML, also in an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::address;

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
