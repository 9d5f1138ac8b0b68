//! Memory from somebody whom we don't trust.

use std::fs::File;
use std::io;

/// The bytes of a memfd, from its start, if nobody, its sender included, can change or shrink it any
/// more. The offset is shared with its sender, and stays as it is.
///
/// # Errors
/// When somebody still can, when it isn't a memfd, or when it can't be read.
pub fn accept(memory: &File) -> io::Result<Vec<u8>> {
    todo!("ask for its seals, then read from its start")
}
