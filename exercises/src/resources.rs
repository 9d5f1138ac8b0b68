//! A friend may read my book from its beginning, and my bookmark stays where it is.

use std::fs::File;
use std::io;
use std::process::{Command, Output};

/// Runs `reader` with the book as its standard input, from the book's first byte.
///
/// The place at which `book` stands stays the same, also while the reader reads.
pub fn lend(book: &File, reader: &mut Command) -> io::Result<Output> {
    todo!("a duplicate has no bookmark of its own; what has?")
}
