//! Jars of sugar, each under its own lock. Mother pours from the first into the second,
//! my sister at the same time from the second into the first.

use std::sync::MutexGuard;

/// Pours `grams` from one jar into another one, which holds enough of them.
///
/// `lock(jar)` waits for the lock of the jar with that number.
///
/// However many pour at once, in whatever directions: nobody waits for ever, and whoever
/// holds all the locks finds all the sugar in the jars.
pub fn pour<'a>(
    lock: impl Fn(usize) -> MutexGuard<'a, u32>,
    from: usize,
    to: usize,
    grams: u32,
) {
    todo!("take the locks in an order that is the same for all, then pour")
}
