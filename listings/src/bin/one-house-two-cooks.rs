//! A second thread has the process of the first, and a number of its own.

use std::{process, thread};

fn whoami() -> (u32, thread::ThreadId) {
    (process::id(), thread::current().id())
}

fn main() {
    let me = whoami();
    let sister = thread::spawn(whoami).join().expect("no panic");
    println!("me:     process {}, {:?}", me.0, me.1);
    println!("sister: process {}, {:?}", sister.0, sister.1);
    assert!(sister.0 == me.0 && sister.1 != me.1, "one house, two cooks");
}
