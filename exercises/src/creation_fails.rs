//! A server that starts with as many workers as it can get.

use std::io;

/// Calls `start` with 0, 1, 2 and so on, until `wanted` workers have started, or no more can be had
/// at present (the kind of that error is `WouldBlock`). Returns those that have started.
///
/// # Errors
/// That error if not even one could be started; any other error at once.
pub fn as_many_as_possible<Worker>(
    wanted: usize,
    start: impl FnMut(usize) -> io::Result<Worker>,
) -> io::Result<Vec<Worker>> {
    todo!("tell a limit from a fault")
}
