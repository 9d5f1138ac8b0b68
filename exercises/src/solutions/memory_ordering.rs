//! The store releases what was written before it, and the load acquires it.

use std::rc::Rc;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};
use loom::thread;

pub fn send(full: &AtomicBool, fill: impl FnOnce()) {
    fill();
    full.store(true, Release);
}

pub fn receive<T>(full: &AtomicBool, empty: impl FnOnce() -> T) -> Option<T> {
    full.load(Acquire).then(empty)
}

pub fn main() {
    loom::model(|| {
        let kitchen = Rc::new((AtomicBool::new(false), UnsafeCell::new(0)));
        let hers = Rc::clone(&kitchen);
        let sister = thread::spawn(move || {
            let (full, bowl) = &*hers;
            // SAFETY: nobody touches the bowl before the flag is up; loom checks that.
            send(full, || bowl.with_mut(|grams| unsafe { *grams = 500 }));
        });
        let (full, bowl) = &*kitchen;
        // SAFETY: she is done with it.
        let seen = receive(full, || bowl.with(|grams| unsafe { *grams }));
        assert!(matches!(seen, None | Some(500)), "all of it or no flag");
        sister.join().unwrap();
    });
    println!("whoever saw the flag saw 500 g");
}
