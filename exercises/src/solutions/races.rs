//! The jar with the lower number is locked first, whichever way the sugar goes.

use std::sync::{Mutex, MutexGuard};
use std::thread;

pub fn pour<'a>(
    lock: impl Fn(usize) -> MutexGuard<'a, u32>,
    from: usize,
    to: usize,
    grams: u32,
) {
    let lower = lock(from.min(to));
    let higher = lock(from.max(to));
    let (mut source, mut target) = if from < to {
        (lower, higher)
    } else {
        (higher, lower)
    };
    *source -= grams;
    *target += grams;
}

pub fn main() {
    let jars = [Mutex::new(5000), Mutex::new(5000)];
    let lock = |jar: usize| jars[jar].lock().expect("no panic");

    thread::scope(|kitchen| {
        kitchen.spawn(|| (0..1000).for_each(|_| pour(lock, 0, 1, 2)));
        kitchen.spawn(|| (0..1000).for_each(|_| pour(lock, 1, 0, 2)));
    });
    println!("first jar: {} g, second jar: {} g", lock(0), lock(1));
    assert_eq!((*lock(0), *lock(1)), (5000, 5000));
}
