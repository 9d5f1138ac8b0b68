//! Each Rust fence of the book compiles, runs and exits with 0: one test each, made by skeptic and
//! named after the chapter and the line of the fence.

include!(concat!(env!("OUT_DIR"), "/snippets.rs"));
