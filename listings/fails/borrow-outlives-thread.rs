//! A thread that may run on for ever can't borrow what ends with its function.
//!
//! Must not compile: E0373.

use std::thread;

fn main() {
    let sugar = 500;

    let sister = thread::spawn(|| println!("sister: {sugar} g"));
    sister.join().unwrap();
}
