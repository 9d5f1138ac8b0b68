//! My friend uses sugar in her house. How much is left there?

/// Forks a friend, lets her `use_sugar` what it is given, and gives what is left, as she
/// found it: without a thread, without a pipe, file or socket, and without her exit status.
///
/// `use_sugar(grams)` gives what is left of so many grams. It doesn't panic.
///
/// # Errors
/// What the kernel refuses.
pub fn sugar_next_door(
    grams: u32,
    use_sugar: impl FnOnce(u32) -> u32,
) -> nix::Result<u32> {
    todo!("one page for both houses")
}
