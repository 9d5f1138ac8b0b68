//! The book itself: its sources, its ledger and its built pages.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use anyhow::{Error, Result};
use book::problem::Problems;
use book::programs::Program;
use book::project::{names, read};
use book::text::{chapter, costs, ledger, quizzes, rules};
use book::{generated, pages};
use tempfile::TempDir;
use tests::{Copy, PROJECT};

tests::names_must_hit!();

/// The book, built once for all that only read it.
static BUILT: LazyLock<TempDir> = LazyLock::new(|| {
    let built = tempfile::tempdir().expect("a folder");
    pages::render(&PROJECT, built.path(), None).expect("it is sound, or another test says so");
    built
});

#[test]
fn the_sources_keep_the_rules() -> Result<()> {
    Ok(Problems::check(rules::sources(&PROJECT)?)?)
}

#[test]
fn every_program_and_every_output_is_shown_and_no_output_is_typed() -> Result<()> {
    Ok(Problems::check(rules::completeness(&PROJECT)?)?)
}

#[test]
fn every_chapter_that_teaches_ends_with_a_quiz() -> Result<()> {
    let chapters = chapter::chapters(&PROJECT)?;
    Problems::check(quizzes::missing(&PROJECT, &chapters))?;
    let quizzes = quizzes::all(&PROJECT)?.len();
    assert!(quizzes >= 16, "only {quizzes} chapters have a quiz");
    Ok(())
}

#[test]
fn every_claim_of_the_ledger_is_quoted_and_proven() -> Result<()> {
    Ok(Problems::check(ledger::check(&PROJECT)?)?)
}

#[test]
fn the_ledger_has_at_least_32_claims() -> Result<()> {
    assert!(ledger::load(&PROJECT)?.len() >= 32);
    Ok(())
}

#[test]
fn what_is_generated_is_what_its_source_says() -> Result<()> {
    Ok(Problems::check(generated::check(&PROJECT)?)?)
}

#[test]
fn no_number_about_cost_is_typed() -> Result<()> {
    Ok(Problems::check(costs::check(&PROJECT)?)?)
}

#[test]
fn every_link_leads_somewhere_and_every_image_has_a_text() -> Result<()> {
    Ok(Problems::check(pages::check(&PROJECT, BUILT.path())?)?)
}

#[test]
fn every_chapter_has_its_own_description_and_its_address() -> Result<()> {
    let built = tempfile::tempdir()?;
    let url = pages::address("https://example.org/two-kitchens").map_err(Error::msg)?;
    pages::render(&PROJECT, built.path(), Some(&url))?;
    let read = |name: &str| fs::read_to_string(built.path().join(name));

    let sitemap = read("sitemap.xml")?;
    let chapters: Vec<_> = sitemap
        .split("<loc>https://example.org/two-kitchens/")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap_or_default())
        .collect();
    assert!(chapters.len() > 20, "the sitemap has {chapters:?}");
    let mut descriptions = BTreeSet::new();
    for chapter in &chapters {
        let page = read(chapter)?;
        let (_, rest) = page
            .split_once("name=\"description\" content=\"")
            .expect(chapter);
        let description = rest.split('"').next().unwrap_or_default().to_owned();
        assert!(description.len() >= 50, "{chapter}: \"{description}\"");
        assert!(
            !description.ends_with(['?', '…']),
            "{chapter} doesn't begin with an answer of at most 160 characters, for those who search: \
             \"{description}\""
        );
        assert!(
            descriptions.insert(description),
            "{chapter} has the description of another"
        );
        let (_, rest) = page.split_once("<title>").expect(chapter);
        let title = rest.split("</title>").next().unwrap_or_default();
        assert!(title.ends_with(" - Two Kitchens"), "{chapter}: {title}");
        let address = format!("rel=\"canonical\" href=\"{url}{chapter}\"");
        assert!(page.contains(&address), "{chapter} lacks {address}");
    }
    // The first chapter is there twice, and what isn't a chapter is none.
    let first = format!("rel=\"canonical\" href=\"{url}{}\"", chapters[0]);
    assert!(read("index.html")?.contains(&first));
    for other in ["print.html", "404.html", "toc.html"] {
        assert!(read(other)?.contains("content=\"noindex\""), "{other}");
    }
    assert!(read("404.html")?.contains("<base href=\"/two-kitchens/\">"));
    assert!(read("robots.txt")?.contains(&format!("Sitemap: {url}sitemap.xml")));
    assert!(built.path().join("theme/social.png").is_file());

    let error = pages::finish(&PROJECT, built.path(), None).expect_err("it is finished");
    assert!(format!("{error:#}").ends_with("was finished before: build the book anew"));
    Ok(())
}

#[test]
fn every_program_has_its_bar_and_its_output_is_folded() -> Result<()> {
    let mut pages = String::new();
    for name in names(BUILT.path(), "html")? {
        pages += &read(&BUILT.path().join(name).with_extension("html"))?;
    }
    for program in Program::all(&PROJECT)? {
        let file = program.file.display();
        let command = program.command().replacen("$ ", "", 1);
        assert!(
            pages.contains(&format!("<span class=\"run-file\">{file}</span>")),
            "no page has a bar for {file}"
        );
        assert!(
            pages.contains(&format!("data-command=\"{command}\"")),
            "no page folds the output of `{command}`"
        );
    }
    Ok(())
}

#[test]
fn a_build_deletes_an_older_book_and_nothing_else() -> Result<()> {
    let good = Copy::good()?;
    let folder = tempfile::tempdir()?;
    let book = folder.path().join("book");
    pages::render(&good.project, &book, None)?;
    pages::render(&good.project, &book, None)?;

    fs::write(folder.path().join("thesis.txt"), "years of work")?;
    let error = pages::render(&good.project, folder.path(), None).expect_err("it is no book");
    assert!(format!("{error:#}").ends_with("name a new folder"));
    assert!(folder.path().join("thesis.txt").exists());
    Ok(())
}
