//! The tools of *Two Kitchens*: what the `book` command does and what the tests check.
//!
//! Each module uses only those above it; `tests/rooms.rs` sees to that. ARCHITECTURE.md says what
//! each is for.

pub mod near;
pub mod problem;
pub mod project;

mod made;
pub mod programs;

pub mod exercises;

pub mod drawings;
pub mod text;

pub mod generated;
pub mod pages;

pub mod check;

pub mod scaffold;
pub mod serve;
pub mod take;
