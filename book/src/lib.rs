//! The tools of *Two Kitchens*: what the `book` command does and what the tests check.
//!
//! Each module uses only those above it; `tests/rooms.rs` sees to that. ARCHITECTURE.md says what
//! each is for.

pub mod problem;
pub mod project;

mod made;
pub mod programs;

pub mod drawings;
pub mod text;

pub mod generated;
pub mod pages;

pub mod scaffold;
pub mod serve;
pub mod take;
