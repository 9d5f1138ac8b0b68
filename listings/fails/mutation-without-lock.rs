//! Two threads can't both hold the right to change one number.
//!
//! Must not compile: E0499.

use std::thread;

fn main() {
    let mut cookies = 0;

    thread::scope(|kitchen| {
        kitchen.spawn(|| cookies += 1000);
        kitchen.spawn(|| cookies += 1000);
    });
    println!("2 cooks, 1000 cookies each: {cookies}");
}
