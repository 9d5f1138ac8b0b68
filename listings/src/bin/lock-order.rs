//! Two threads take two locks in one order: whoever holds the first finds the
//! second free.

use std::sync::{Barrier, Mutex, TryLockError};
use std::thread;

fn main() {
    let (flour, sugar) = (Mutex::new(500), Mutex::new(500));
    let both = Barrier::new(2);

    // Takes one lock, then the other; says whether she would have to wait for that.
    let take = |first: &Mutex<u32>, second: &Mutex<u32>| {
        // New: we meet before the first lock, for we can't both hold it.
        both.wait();
        let _first = first.lock().unwrap();
        let second = second.try_lock();
        matches!(second, Err(TryLockError::WouldBlock))
    };

    let [i_wait, she_waits] = thread::scope(|kitchen| {
        // New: she too takes the flour first.
        let sister = kitchen.spawn(|| take(&flour, &sugar));
        [take(&flour, &sugar), sister.join().expect("no panic")]
    });
    println!("me:     I hold the flour. Must I wait for the sugar? {i_wait}");
    println!("sister: I hold the flour. Must I wait for the sugar? {she_waits}");
    // New: neither of us.
    assert!(
        !i_wait && !she_waits,
        "who has the flour can have the sugar"
    );
}
