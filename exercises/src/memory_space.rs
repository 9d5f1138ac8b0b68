//! My friend uses sugar in her house. How much is left there?

use std::io;

/// Forks a friend, lets her `use_sugar` what it is given, and gives what is left, as she
/// found it: without a thread, without a pipe, file or socket. Her exit status is too small
/// for it; it says only whether all went well.
///
/// `use_sugar(grams)` gives what is left of so many grams.
///
/// # Errors
/// What the kernel refuses, and a friend who ends otherwise than with status 0. No page stays
/// mapped.
///
/// # Safety
/// If the process has other threads, `use_sugar` must be async-signal-safe (signal-safety(7)): no
/// allocation, no lock, no output, and so no panic. In a process of one thread it may panic: the
/// friend then aborts, and never returns into the caller's code.
pub unsafe fn sugar_next_door(
    grams: u32,
    use_sugar: impl FnOnce(u32) -> u32,
) -> io::Result<u32> {
    todo!("one page for both houses")
}
