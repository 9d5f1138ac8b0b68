//! Each of two threads writes, then reads what the other writes. With Relaxed both may
//! miss the other's write, on x86 too; with SeqCst they can't.
//!
//! Not in the page: its machine has one processor, on which no write waits for another.

use std::sync::atomic::{
    AtomicU32,
    Ordering::{self, AcqRel, Acquire, Relaxed, SeqCst},
};
use std::{hint, thread};

/// Apart, so that no cache line holds two of them.
#[repr(align(128))]
struct Apart(AtomicU32);

/// Whether, in one of so many rounds, each read what was there before the other wrote.
fn both_missed(ordering: Ordering, rounds: u32) -> bool {
    let plates = [0; 2].map(|zero| Apart(AtomicU32::new(zero)));
    let ready = Apart(AtomicU32::new(0));
    let cook = |me: usize| {
        let round = |round| {
            ready.0.fetch_add(1, AcqRel);
            for turn in 1.. {
                match ready.0.load(Acquire) {
                    both if both >= 2 * round => break,
                    // The other one may need my processor.
                    _ if turn % 1000 == 0 => thread::yield_now(),
                    _ => hint::spin_loop(),
                }
            }
            plates[me].0.store(round, ordering);
            plates[1 - me].0.load(ordering) < round
        };
        (1..=rounds).map(round).collect::<Vec<bool>>()
    };
    let (mine, hers) = thread::scope(|kitchen| {
        let sister = kitchen.spawn(|| cook(1));
        (cook(0), sister.join().expect("no panic"))
    });
    mine.into_iter()
        .zip(hers)
        .any(|missed| missed == (true, true))
}

fn main() {
    let strict = both_missed(SeqCst, 10_000);
    println!("SeqCst:  in some round, both missed the other's write: {strict}");
    assert!(
        !strict,
        "one of the two stores is first, and the other cook sees it"
    );

    let relaxed = (0..100).any(|_| both_missed(Relaxed, 1_000));
    if !relaxed {
        println!("Not here: in 100,000 rounds, no processor kept a write back");
        return;
    }
    println!("Relaxed: in some round, both missed the other's write: {relaxed}");
}
