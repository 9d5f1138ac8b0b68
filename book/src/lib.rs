//! The tools of *Two Kitchens*: what the `book` command does and what the tests check.

pub mod chapter;
pub mod costs;
pub mod descendants;
pub mod figures;
pub mod finish;
mod hex;
pub mod ledger;
pub mod listing;
pub mod normalise;
pub mod pages;
pub mod problem;
pub mod project;
pub mod quizzes;
pub mod record;
pub mod render;
pub mod rules;
pub mod run;
pub mod runner;
pub mod scaffold;
pub mod serve;
pub mod snippets;
pub mod take;
pub mod vm;
