//! Each cook's steps keep their order; how two cooks' steps mix, nobody has
//! promised.
//!
//! Its lines may come in any order.

use std::sync::Mutex;
use std::thread;

fn main() {
    let journal = Mutex::new(Vec::new());
    let journal = &journal;

    thread::scope(|kitchen| {
        for cook in ["mother", "sister"] {
            kitchen.spawn(move || {
                for step in 1..=3 {
                    println!("{cook}: step {step}");
                    journal.lock().unwrap().push((cook, step));
                }
            });
        }
    });

    let journal = journal.lock().unwrap();
    assert_eq!(journal.len(), 6, "the scope ends when both are done");
    for cook in ["mother", "sister"] {
        let own = journal.iter().filter(|(who, _)| *who == cook);
        let steps: Vec<_> = own.map(|(_, step)| *step).collect();
        assert_eq!(steps, [1, 2, 3], "a cook doesn't overtake herself");
    }
}
