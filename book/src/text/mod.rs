//! The text of the book: its chapters, what they must hold, and what is made for them.

pub mod chapter;
pub mod costs;
mod craft;
pub mod ledger;
pub mod line_ends;
pub mod quizzes;
pub mod rules;
pub mod snippets;
