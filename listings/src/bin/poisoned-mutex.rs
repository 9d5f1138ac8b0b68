//! A thread that panics amid a change leaves it half done, and the lock says so to
//! the others.

use std::sync::Mutex;
use std::thread;

fn main() {
    // Sugar and flour, of which the dough takes equal parts.
    let dough = Mutex::new((200, 200));

    thread::scope(|kitchen| {
        let mother = kitchen.spawn(|| {
            let mut dough = dough.lock().unwrap();
            dough.0 += 100;
            panic!("no flour");
        });
        assert!(mother.join().is_err(), "she panicked between the two steps");
    });

    let poisoned = dough.lock().expect_err("the lock remembers");
    println!("me: {poisoned}");
    let (sugar, flour) = *poisoned.into_inner();
    println!("me: {sugar} g of sugar to {flour} g of flour");
    assert_eq!(
        (sugar, flour),
        (300, 200),
        "her first step stays, her second is missing"
    );
}
