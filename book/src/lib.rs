//! The tools of *Two Kitchens*: what the `book` command does and what the tests check.

pub mod chapter;
pub mod problem;
pub mod project;
pub mod render;
pub mod rules;
pub mod serve;
