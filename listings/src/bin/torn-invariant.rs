//! Two values, each under its lock: a reader finds each of them whole, and the pair
//! half changed.

use std::sync::{Barrier, Mutex};
use std::thread;

fn main() {
    // Together they hold 1000 g, whatever I move.
    let (jar, tin) = (Mutex::new(500), Mutex::new(500));
    let both = Barrier::new(2);
    // Holds both locks while it adds.
    let total = || *jar.lock().unwrap() + *tin.lock().unwrap();
    println!("before:  {} g", total());

    let seen = thread::scope(|kitchen| {
        let sister = kitchen.spawn(|| {
            both.wait();
            let seen = total();
            both.wait();
            seen
        });
        *jar.lock().unwrap() -= 100;
        // My sister looks now.
        both.wait();
        both.wait();
        *tin.lock().unwrap() += 100;
        sister.join().expect("no panic")
    });
    println!("between: {seen} g");
    println!("after:   {} g", total());
    assert_eq!(seen, 900, "100 g are in neither");
    assert_eq!(total(), 1000, "now they are in the tin");
}
