//! The child tries the recipe on its copy, and its exit status is the verdict.

use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

const WELL: i32 = 42;

pub fn try_out(
    pantry: &mut [u32],
    recipe: impl FnOnce(&mut [u32]) -> bool,
) -> nix::Result<bool> {
    // SAFETY: the child takes no lock that another thread might hold, unless the recipe does.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let verdict = if recipe(pantry) { WELL } else { 1 };
            // SAFETY: ends the child at once, and leaves the parent's files and buffers alone.
            unsafe { libc::_exit(verdict) }
        }
        ForkResult::Parent { child } => {
            Ok(waitpid(child, None)? == WaitStatus::Exited(child, WELL))
        }
    }
}

pub fn main() -> nix::Result<()> {
    let mut pantry = vec![5; 1_000_000];
    let well = try_out(&mut pantry, |pantry| {
        pantry.fill(3);
        pantry.iter().sum::<u32>() == 3_000_000
    })?;
    println!("did it well: {well}, first jar: {} g", pantry[0]);
    assert!(well, "all jars were changed where it was tried");
    assert!(pantry.iter().all(|&grams| grams == 5), "and none of mine");
    assert!(!try_out(&mut pantry, |_| std::process::exit(0))?);
    Ok(())
}
