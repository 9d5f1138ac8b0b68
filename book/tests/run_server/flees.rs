//! Runs away: forks, ends, and goes on as its child in a session of its own, without end.
//!
//! For the sake of the machine that runs the tests: for five minutes.

use std::process::exit;
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn fork() -> i32;
    fn setsid() -> i32;
    fn pause() -> i32;
}

fn main() {
    println!("here");
    let start = Instant::now();
    // SAFETY: there is one thread.
    if unsafe { fork() } != 0 {
        // SAFETY: it takes nothing.
        unsafe { pause() };
    }
    while start.elapsed() < Duration::from_secs(300) {
        // SAFETY: there is one thread.
        match unsafe { fork() } {
            // SAFETY: it takes nothing.
            0 => drop(unsafe { setsid() }),
            _ => exit(0),
        }
    }
}
