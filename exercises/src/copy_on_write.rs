//! A recipe that may spoil the whole pantry: let somebody try it who has a copy.

/// Tries a recipe on the pantry without changing the pantry, and without a clone of it; says
/// whether the recipe did well.
///
/// A recipe that ends its process, in whatever way, did not do well. It doesn't panic.
///
/// # Errors
/// What the kernel refuses.
pub fn try_out(
    pantry: &mut [u32],
    recipe: impl FnOnce(&mut [u32]) -> bool,
) -> nix::Result<bool> {
    todo!("a fork is a copy")
}
