//! Does a thread with a large stack fault on more pages to start than one with a small
//! one?

use std::io;

/// The page faults that it takes, in this process, to start a thread with a stack of so
/// many bytes that does nothing, and to join it.
pub fn faults_of_a_thread(stack: usize) -> io::Result<i64> {
    todo!("getrusage counts them: before and after")
}
