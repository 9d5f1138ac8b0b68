//! A step that reads, adds and writes at once loses no update, even if it is
//! `Relaxed`.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

fn main() {
    let plate = AtomicU32::new(0);
    let both = Barrier::new(2);

    // Puts one cookie on the plate; says how many lay there before.
    let bake = || {
        both.wait();
        // New: one step, and nobody can come between.
        plate.fetch_add(1, Ordering::Relaxed)
    };

    let mut found = thread::scope(|kitchen| {
        let sister = kitchen.spawn(bake);
        [bake(), sister.join().expect("no panic")]
    });
    found.sort();

    let cookies = plate.into_inner();
    println!("found by the cooks: {found:?}");
    println!("baked:              {}", found.len());
    println!("on the plate:       {cookies}");
    // New: whoever came second saw the first one's cookie.
    assert_eq!(found, [0, 1], "the second saw the first one's cookie");
    assert_eq!(cookies, 2, "and left both");
}
