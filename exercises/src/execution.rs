//! My sister's first step comes before mother's first. All else is left free.

/// Lets a thread do sister's steps 1, 2 and 3, in this order, and another mother's.
///
/// Mother begins once my sister's first step is done, and waits for nothing else.
/// Comes back when all six are done.
pub fn bake(sister: impl Fn(u32) + Send, mother: impl Fn(u32) + Send) {
    todo!("a lock lets anyone in first; what makes one wait for the other?")
}
