//! Two threads that borrow by turns would count their borrows with a plain number.
//!
//! Must not compile: E0277.

use std::cell::RefCell;
use std::thread;

fn main() {
    let cookies = RefCell::new(0);

    thread::scope(|kitchen| {
        kitchen.spawn(|| *cookies.borrow_mut() += 1000);
    });
    println!("sister: {}", cookies.borrow());
}
