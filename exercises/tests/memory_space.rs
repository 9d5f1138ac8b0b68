#[cfg_attr(feature = "solutions", path = "../src/solutions/memory_space.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/memory_space.rs")]
mod memory_space;

use std::cell::Cell;
use std::process;

use memory_space::sugar_next_door;

#[test]
#[ignore = "an exercise: yours to solve"]
fn what_she_left_is_seen_from_here() {
    let my_house = process::id();
    let cupboard = Cell::new(500);
    let left = sugar_next_door(500, |grams| {
        cupboard.set(grams - 200);
        // Were it done in my house, nothing would be left.
        if process::id() == my_house {
            0
        } else {
            cupboard.get()
        }
    });
    assert_eq!(left, Ok(300), "it was done in another house");
    assert_eq!(cupboard.get(), 500, "and nothing was taken from mine");
    assert_eq!(sugar_next_door(123_456, |grams| grams), Ok(123_456));
}
