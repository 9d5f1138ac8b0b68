//! A recipe that may spoil the whole pantry: let somebody try it who has a copy.

/// Tries a recipe on the pantry without changing the pantry, and without a clone of it; says
/// whether the recipe did well.
///
/// A recipe that panics, or ends its process in whatever way, did not do well. Its panic stays
/// in the process that tries it: there, nothing of the caller's is unwound.
///
/// # Errors
/// What the kernel refuses.
///
/// # Safety
/// The recipe runs in a forked child, which has the calling thread alone. What other threads
/// were at stays half done there, and what they had locked stays locked. So either this process
/// has one thread, or the recipe does only what is async-signal-safe (signal-safety(7)): it
/// takes no lock, allocates nothing and doesn't panic.
pub unsafe fn try_out(
    pantry: &mut [u32],
    recipe: impl FnOnce(&mut [u32]) -> bool,
) -> nix::Result<bool> {
    todo!("a fork is a copy")
}
