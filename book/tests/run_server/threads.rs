//! Starts threads without end: for the sake of the machine that runs the tests, up to 4096.

use std::thread::{Builder, park};

fn main() {
    for _ in 0..4096 {
        // The limit on memory may come first: their stacks count.
        if Builder::new().spawn(park).is_err() {
            break;
        }
    }
    park();
}
