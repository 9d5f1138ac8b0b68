//! Two threads take two locks in opposite orders: each holds what the other waits
//! for.

use std::sync::{Barrier, Mutex, TryLockError};
use std::thread;

fn main() {
    let (flour, sugar) = (Mutex::new(500), Mutex::new(500));
    let both = Barrier::new(2);

    // Takes one lock, then the other; says whether she would have to wait for that.
    let take = |first: &Mutex<u32>, second: &Mutex<u32>| {
        let _first = first.lock().unwrap();
        both.wait();
        // With `lock`, this program would never end.
        let second = second.try_lock();
        // Nobody lets go before both have tried.
        both.wait();
        matches!(second, Err(TryLockError::WouldBlock))
    };

    let [i_wait, she_waits] = thread::scope(|kitchen| {
        let sister = kitchen.spawn(|| take(&sugar, &flour));
        [take(&flour, &sugar), sister.join().expect("no panic")]
    });
    println!("me:     I hold the flour. Must I wait for the sugar? {i_wait}");
    println!("sister: I hold the sugar. Must I wait for the flour? {she_waits}");
    assert!(i_wait && she_waits, "each waits for the other to let go");
}
