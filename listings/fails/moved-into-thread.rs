//! What was given to a thread is no longer ours.
//!
//! Must not compile: E0382.

use std::thread;

fn main() {
    let dough = vec!["flour", "sugar"];

    let sister = thread::spawn(move || println!("sister: {dough:?}"));
    println!("me: {dough:?}");
    sister.join().unwrap();
}
