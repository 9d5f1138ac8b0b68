//! Mother waits for a message that is sent after my sister's first step.

use std::sync::{Mutex, mpsc};
use std::thread;

pub fn bake(sister: impl Fn(u32) + Send, mother: impl Fn(u32) + Send) {
    let (done, first_step) = mpsc::channel();
    thread::scope(|kitchen| {
        kitchen.spawn(move || {
            sister(1);
            // If mother is gone, there is nobody to tell.
            let _ = done.send(());
            (2..=3).for_each(sister);
        });
        kitchen.spawn(move || {
            // An error if my sister gave up before.
            first_step.recv().expect("her first step is done");
            (1..=3).for_each(mother);
        });
    });
}

pub fn main() {
    let journal = Mutex::new(Vec::new());
    let note = |cook| {
        let journal = &journal;
        move |step| journal.lock().unwrap().push((cook, step))
    };
    bake(note("sister"), note("mother"));

    let journal = journal.lock().unwrap();
    println!("first of {}: {:?}", journal.len(), journal[0]);
    assert_eq!(journal[0], ("sister", 1));
    assert_eq!(journal.len(), 6);
}
