//! Forks without end, and so does each child.
//!
//! For the sake of the machine that runs the tests: up to 4096 processes, each for a minute.

use std::time::{Duration, Instant};

unsafe extern "C" {
    fn fork() -> i32;
}

fn main() {
    let start = Instant::now();
    for _ in 0..12 {
        // SAFETY: there is one thread.
        unsafe { fork() };
    }
    while start.elapsed() < Duration::from_secs(60) {}
}
