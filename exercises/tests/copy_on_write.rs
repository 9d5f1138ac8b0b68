#[cfg_attr(feature = "solutions", path = "../src/solutions/copy_on_write.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/copy_on_write.rs")]
mod copy_on_write;

use std::process;

use copy_on_write::try_out;
use nix::libc;
use nix::sys::signal::{Signal, raise};

#[test]
#[ignore = "an exercise: yours to solve"]
fn a_recipe_is_tried_and_the_pantry_is_as_it_was() {
    let my_house = process::id();
    let mut pantry = vec![5; 1_000_000];
    let place = pantry.as_ptr();
    // SAFETY: the harness has threads, but the recipes below write to the pantry and call getpid,
    // raise and _exit: all that is async-signal-safe.
    let mut well = |recipe: &dyn Fn(&mut [u32]) -> bool| unsafe {
        try_out(&mut pantry, recipe)
    };

    // It spoils all jars, and does well if they stand where mine do, in another house.
    let spoil = |pantry: &mut [u32]| {
        pantry.fill(3);
        process::id() != my_house && pantry.as_ptr() == place
    };
    assert_eq!(well(&spoil), Ok(true));
    assert_eq!(well(&|_| false), Ok(false));
    let die = |_: &mut [u32]| raise(Signal::SIGKILL).is_ok();
    assert_eq!(well(&die), Ok(false), "it was killed");
    let leave = |_: &mut [u32]| {
        // SAFETY: ends the process that tries it, which is not this one.
        unsafe { libc::_exit(0) }
    };
    assert_eq!(well(&leave), Ok(false), "it left early");
    assert!(pantry.iter().all(|&grams| grams == 5), "no jar is spoilt");
}
