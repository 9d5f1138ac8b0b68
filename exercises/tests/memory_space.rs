#[cfg_attr(feature = "solutions", path = "../src/solutions/memory_space.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/memory_space.rs")]
mod memory_space;

use std::cell::Cell;
use std::{fs, process};

use memory_space::sugar_next_door;
use nix::libc;

/// How many mappings of this process are shared.
fn shared_mappings() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines()
        .filter(|line| line.split(' ').nth(1).unwrap().ends_with('s'))
        .count()
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn what_she_left_is_seen_from_here() {
    let my_house = process::id();
    let cupboard = Cell::new(500);
    let before = shared_mappings();

    // SAFETY: it gets a number and sets a variable: no allocation, no lock, no panic.
    let left = unsafe {
        sugar_next_door(500, |grams| {
            cupboard.set(grams - 200);
            // Were it done in my house, nothing would be left.
            if process::id() == my_house {
                0
            } else {
                cupboard.get()
            }
        })
    };
    assert_eq!(left.unwrap(), 300, "it was done in another house");
    assert_eq!(cupboard.get(), 500, "and nothing was taken from mine");
    // SAFETY: it returns what it gets.
    let left = unsafe { sugar_next_door(123_456, |grams| grams) };
    assert_eq!(left.unwrap(), 123_456, "more than an exit status holds");

    // SAFETY: kill is allowed there, and she kills herself.
    let killed = unsafe {
        sugar_next_door(500, |_| {
            libc::kill(libc::getpid(), libc::SIGKILL);
            0
        })
    };
    assert!(killed.is_err(), "she left nothing, and I am told");
    assert_eq!(shared_mappings(), before, "the page is gone each time");
}
