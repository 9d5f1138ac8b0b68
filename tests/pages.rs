//! The book itself: its sources, its ledger and its built pages.

use std::fs;
use std::path::Path;

use anyhow::Result;
use book::problem::Problems;
use book::project::Project;
use book::{costs, figures, ledger, pages, render, rules};

fn project() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Project::new(root.expect("the workspace"))
}

#[test]
fn the_sources_keep_the_rules() -> Result<()> {
    Ok(Problems::check(rules::sources(&project())?)?)
}

#[test]
fn every_program_and_every_output_is_shown_and_no_output_is_typed() -> Result<()> {
    Ok(Problems::check(rules::completeness(&project())?)?)
}

#[test]
fn every_claim_of_the_ledger_is_quoted_and_proven_and_its_page_is_fresh() -> Result<()> {
    Ok(Problems::check(ledger::check(&project())?)?)
}

#[test]
fn the_ledger_has_at_least_32_claims() -> Result<()> {
    assert!(ledger::load(&project())?.len() >= 32);
    Ok(())
}

#[test]
fn what_is_drawn_is_what_was_printed_and_measured() -> Result<()> {
    Ok(Problems::check(figures::check(&project())?)?)
}

#[test]
fn no_number_about_cost_is_typed() -> Result<()> {
    Ok(Problems::check(costs::check(&project())?)?)
}

#[test]
fn every_link_leads_somewhere_and_every_image_has_a_text() -> Result<()> {
    let built = tempfile::tempdir()?;
    render::render(&project(), built.path())?;
    Ok(Problems::check(pages::check(&project(), built.path())?)?)
}

#[test]
fn a_build_deletes_an_older_book_and_nothing_else() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let book = folder.path().join("book");
    render::render(&project(), &book)?;
    render::render(&project(), &book)?;

    fs::write(folder.path().join("thesis.txt"), "years of work")?;
    let error = render::render(&project(), folder.path()).expect_err("it is no book");
    assert!(format!("{error:#}").ends_with("name a new folder"));
    assert!(folder.path().join("thesis.txt").exists());
    Ok(())
}
