//! A flag that says whether the bowl is full. loom's atomics behave like std's, and let the test try
//! what each ordering allows.

use loom::sync::atomic::AtomicBool;

/// Fills the bowl by `fill`, and then says so by the flag. Called once, by one thread.
pub fn send(full: &AtomicBool, fill: impl FnOnce()) {
    todo!("fill the bowl and store, with the right ordering")
}

/// What `empty` takes out of the bowl, if the flag says that it is full; `None` if it doesn't, and then
/// the bowl isn't touched. Called by one thread, which need not be the one that fills.
pub fn receive<T>(full: &AtomicBool, empty: impl FnOnce() -> T) -> Option<T> {
    todo!("look at the flag, with the right ordering")
}
