//! Each Rust fence of the book compiles, runs and exits with 0: one test each, made by skeptic and
//! named after the chapter and the line of the fence.

use anyhow::{Result, ensure};
use book::scaffold::{new_chapter, new_exercise};
use tests::{Copy, fixture, fixtures, is_the_one, snippet};

tests::names_must_hit!();
tests::snippets!();

#[test]
fn a_snippet_that_fails_or_hangs_is_named() -> Result<()> {
    for (folder, expected) in fixtures("bad-snippets")? {
        let book = Copy::bad(&folder)?;
        is_the_one(&expected, &snippet::failing(&book.project)?)?;
    }
    Ok(())
}

#[test]
fn a_snippet_is_of_the_edition_of_the_book_and_knows_its_place() -> Result<()> {
    let book = Copy::bad(&fixture("good-snippets"))?;
    none_fails(&book)
}

#[test]
fn what_is_new_has_sound_snippets() -> Result<()> {
    let book = Copy::good()?;
    new_chapter(&book.project, "cake", "Cake")?;
    new_exercise(&book.project, "cake")?;
    none_fails(&book)
}

fn none_fails(book: &Copy) -> Result<()> {
    let failing = snippet::failing(&book.project)?;
    ensure!(failing.is_empty(), "{}", failing.join("\n"));
    Ok(())
}

#[test]
fn a_name_that_hits_no_test_is_an_error() -> Result<()> {
    tests::a_name_must_hit(
        "a_name_that_hits_no_tset",
        "a_name_that_hits_no_test_is_an_error",
    )
}
