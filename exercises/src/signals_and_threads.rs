//! A kitchen that works until SIGTERM comes, and ends in good order.

/// Starts `workers` threads, which call `bake` again and again, and waits for SIGTERM. After it,
/// each worker finishes the cookie that it has in hand, and begins no other.
///
/// Returns how many cookies were baked.
pub fn until_term(workers: usize, bake: impl Fn() + Sync) -> usize {
    todo!("block SIGTERM, start the workers, wait for the signal, and stop them")
}
