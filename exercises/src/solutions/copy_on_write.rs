//! The child tries the recipe on its copy, and its exit status is the verdict.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;

use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

const WELL: i32 = 42;

/// # Safety
/// The recipe runs in a forked child, which has the calling thread alone. So either this
/// process has one thread, or the recipe does only what is async-signal-safe
/// (signal-safety(7)): it takes no lock, allocates nothing and doesn't panic.
pub unsafe fn try_out(
    pantry: &mut [u32],
    recipe: impl FnOnce(&mut [u32]) -> bool,
) -> nix::Result<bool> {
    // SAFETY: besides the recipe, for which the caller answers, the child calls only _exit
    // or abort, which are async-signal-safe.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // Unwound any further, the child would go on as a second caller.
            let Ok(well) = catch_unwind(AssertUnwindSafe(|| recipe(pantry))) else {
                process::abort();
            };
            // SAFETY: ends the child at once, and leaves the parent's files and buffers alone.
            unsafe { libc::_exit(if well { WELL } else { 1 }) }
        }
        ForkResult::Parent { child } => {
            Ok(waitpid(child, None)? == WaitStatus::Exited(child, WELL))
        }
    }
}

pub fn main() -> nix::Result<()> {
    let mut pantry = vec![5; 1_000_000];
    // SAFETY: there is one thread.
    let mut well =
        |recipe: fn(&mut [u32]) -> bool| unsafe { try_out(&mut pantry, recipe) };
    let filled = well(|pantry| {
        pantry.fill(3);
        pantry.iter().sum::<u32>() == 3_000_000
    })?;
    let exited = well(|_| process::exit(0))?;
    let panicked = well(|_| panic!("too much sugar"))?;

    println!("did it well: {filled}, first jar: {} g", pantry[0]);
    assert!(filled, "all jars were changed where it was tried");
    assert!(pantry.iter().all(|&grams| grams == 5), "and none of mine");
    assert!(!exited && !panicked, "these two didn't come to the end");
    Ok(())
}
