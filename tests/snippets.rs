//! Each Rust fence of the book compiles, runs and exits with 0: one test each, made by skeptic and
//! named after the chapter and the line of the fence.

tests::names_must_hit!();

include!(concat!(env!("OUT_DIR"), "/snippets.rs"));

#[test]
fn a_snippet_that_fails_or_hangs_is_named() -> anyhow::Result<()> {
    for (folder, expected) in tests::fixtures("bad-snippets")? {
        let book = tests::Copy::bad(&folder)?;
        tests::is_the_one(&expected, &tests::failing_snippets(&book.project)?)?;
    }
    Ok(())
}

#[test]
fn a_name_that_hits_no_test_is_an_error() -> anyhow::Result<()> {
    tests::a_name_must_hit(
        "a_name_that_hits_no_tset",
        "a_name_that_hits_no_test_is_an_error",
    )
}
