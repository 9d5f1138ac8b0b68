//! The tools of *Two Kitchens*: what the `book` command does and what the tests check.
//!
//! Each module looks only at those above it (see ARCHITECTURE.md).

mod made;
pub mod problem;
pub mod project;

pub mod programs;

pub mod drawings;

pub mod text;

pub mod generated;
pub mod pages;

pub mod scaffold;
pub mod serve;
pub mod take;
