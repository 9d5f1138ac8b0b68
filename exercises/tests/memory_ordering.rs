#[cfg_attr(feature = "solutions", path = "../src/solutions/memory_ordering.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/memory_ordering.rs")]
mod memory_ordering;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::mpsc;

use loom::cell::UnsafeCell;
use loom::sync::atomic::AtomicBool;
use loom::thread;
use memory_ordering::{receive, send};

#[test]
#[ignore = "an exercise: yours to solve"]
fn who_sees_the_flag_sees_what_is_in_the_bowl() {
    let (sender, seen) = mpsc::channel();
    loom::model(move || {
        let kitchen = Rc::new((AtomicBool::new(false), UnsafeCell::new(0)));
        let hers = Rc::clone(&kitchen);
        let sister = thread::spawn(move || {
            let (full, bowl) = &*hers;
            // SAFETY: if nothing puts this before the other access, loom's cell panics before it is
            // made. So it is with the other one.
            send(full, || bowl.with_mut(|grams| unsafe { *grams = 500 }));
        });
        let (full, bowl) = &*kitchen;
        sender
            .send(receive(full, || bowl.with(|grams| unsafe { *grams })))
            .unwrap();
        sister.join().unwrap();
    });
    let seen: BTreeSet<_> = seen.into_iter().collect();
    assert_eq!(seen, BTreeSet::from([None, Some(500)]));
}
