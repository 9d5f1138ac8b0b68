//! `exit` stops no thread before its handlers are done: they run beside threads that go
//! on.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{hint, process, thread};

use nix::libc;

static COOKIES: AtomicU64 = AtomicU64::new(0);

extern "C" fn tidy_up() {
    let before = COOKIES.load(Relaxed);
    while COOKIES.load(Relaxed) == before {
        hint::spin_loop();
    }
    println!("tidying up, while my sister bakes on");
}

fn main() {
    thread::spawn(|| {
        loop {
            COOKIES.fetch_add(1, Relaxed);
        }
    });
    // SAFETY: the function is there as long as the process is.
    assert_eq!(unsafe { libc::atexit(tidy_up) }, 0, "registered");
    println!("me: exit");
    process::exit(0);
}
