//! Each Rust fence of the book compiles, runs and exits with 0: one test each, made by skeptic and
//! named after the chapter and the line of the fence.

include!(concat!(env!("OUT_DIR"), "/snippets.rs"));

#[test]
fn a_snippet_that_fails_or_hangs_is_named() -> anyhow::Result<()> {
    for (folder, expected) in tests::fixtures("bad-snippets")? {
        let book = tests::Copy::bad(&folder)?;
        tests::is_the_one(&expected, &tests::failing_snippets(&book.project)?)?;
    }
    Ok(())
}
