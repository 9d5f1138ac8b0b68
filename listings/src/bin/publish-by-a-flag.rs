//! A flag that is stored with Release and loaded with Acquire hands over all that was
//! written before it.

use std::hint;
use std::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use std::thread;

static DOUGH: [AtomicU32; 1000] = [const { AtomicU32::new(0) }; 1000];
static READY: AtomicBool = AtomicBool::new(false);

fn main() {
    let sister = thread::spawn(|| {
        while !READY.load(Acquire) {
            hint::spin_loop();
        }
        // Her load saw my store, so what I did before mine comes before what she does
        // after hers.
        DOUGH.iter().map(|gram| gram.load(Relaxed)).sum::<u32>()
    });
    for gram in &DOUGH {
        gram.store(1, Relaxed);
    }
    READY.store(true, Release);

    let seen = sister.join().expect("no panic");
    println!("me: 1000 g mixed, then the flag");
    println!("sister: the flag is up, and there are {seen} g");
    assert_eq!(seen, 1000, "who sees the flag sees all of the dough");
}
