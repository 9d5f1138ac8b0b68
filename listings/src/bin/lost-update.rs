//! Safe Rust, no data race, and yet an update is lost: both read before either
//! writes.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

fn main() {
    let plate = AtomicU32::new(0);
    let both = Barrier::new(2);

    // Puts one cookie on the plate; says how many lay there before.
    let bake = || {
        let found = plate.load(Ordering::SeqCst);
        both.wait();
        plate.store(found + 1, Ordering::SeqCst);
        found
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
    assert_eq!(found, [0, 0], "neither saw the other's cookie");
    assert_eq!(cookies, 1, "the later write replaced the earlier one");
}
