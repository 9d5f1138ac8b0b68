//! Lets loom find what two threads can see of each other's writes, by the orderings that they use.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::rc::Rc;
use std::sync::mpsc;

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use loom::thread;

// ANCHOR: models
/// The grams that my sister sees behind the flag, if she sees the flag.
fn publish(write: Ordering, read: Ordering) -> BTreeSet<Option<u32>> {
    outcomes(
        move |dough, ready| {
            dough.store(500, Relaxed);
            ready.store(1, write);
        },
        move |dough, ready| (ready.load(read) == 1).then(|| dough.load(Relaxed)),
        |(), seen| seen,
    )
}

/// What each of us sees of the other's plate, after having written her own.
fn store_then_load() -> BTreeSet<(u32, u32)> {
    let cook = |own: &AtomicU32, other: &AtomicU32| {
        own.store(1, Relaxed);
        other.load(Relaxed)
    };
    outcomes(cook, move |a, b| cook(b, a), |mine, hers| (mine, hers))
}

/// The same, if each of us looks first and writes then.
fn load_then_store() -> BTreeSet<(u32, u32)> {
    let cook = |own: &AtomicU32, other: &AtomicU32| {
        let seen = other.load(Relaxed);
        own.store(1, Relaxed);
        seen
    };
    outcomes(cook, move |a, b| cook(b, a), |mine, hers| (mine, hers))
}
// ANCHOR_END: models

/// What can come out when two threads do their parts on two numbers that were 0.
fn outcomes<I: 'static, She: 'static, Out: Ord + Send + 'static>(
    mine: impl Fn(&AtomicU32, &AtomicU32) -> I + Copy + Send + Sync + 'static,
    hers: impl Fn(&AtomicU32, &AtomicU32) -> She + Copy + Send + Sync + 'static,
    outcome: fn(I, She) -> Out,
) -> BTreeSet<Out> {
    let (sender, found) = mpsc::channel();
    loom::model(move || {
        let plates = Rc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let her_plates = Rc::clone(&plates);
        let sister = thread::spawn(move || hers(&her_plates[0], &her_plates[1]));
        let i = mine(&plates[0], &plates[1]);
        let she = sister.join().unwrap();
        sender.send(outcome(i, she)).expect("they are collected");
    });
    found.into_iter().collect()
}

fn report() -> String {
    let mut report = String::new();
    for (name, found) in [
        ("Relaxed flag", publish(Relaxed, Relaxed)),
        ("Release and Acquire", publish(Release, Acquire)),
    ] {
        let seen = found.iter().map(|seen| match seen {
            None => "no flag".to_owned(),
            Some(grams) => format!("the flag and {grams} g"),
        });
        writeln!(report, "{name}: {}", seen.collect::<Vec<_>>().join(", ")).unwrap();
    }
    for (name, found) in [
        ("store, then load", store_then_load()),
        ("load, then store", load_then_store()),
    ] {
        let seen = found
            .iter()
            .map(|(mine, hers)| format!("{mine} and {hers}"));
        writeln!(report, "{name}: {}", seen.collect::<Vec<_>>().join(", ")).unwrap();
    }
    report
}

pub fn main() {
    print!("{}", report());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_shows_what_loom_finds() {
        let recorded = include_str!("../orderings.txt");
        assert_eq!(
            report(),
            recorded,
            "cargo run -p races -- orderings > races/orderings.txt"
        );
    }

    #[test]
    fn only_release_with_acquire_hands_over_what_was_written_before() {
        let without_dough = |found: BTreeSet<Option<u32>>| found.contains(&Some(0));
        assert!(without_dough(publish(Relaxed, Relaxed)));
        assert!(without_dough(publish(Release, Relaxed)));
        assert!(without_dough(publish(Relaxed, Acquire)));
        assert!(!without_dough(publish(Release, Acquire)));
    }
}
