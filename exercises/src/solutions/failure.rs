//! A scope lends what the jobs borrow; who joins a thread of it learns how it ended.

use std::thread;

pub fn panicked<J: FnOnce() + Send>(jobs: Vec<J>) -> usize {
    thread::scope(|kitchen| {
        // All are started before the first is waited for.
        let cooks: Vec<_> =
            jobs.into_iter().map(|job| kitchen.spawn(job)).collect();
        let ends = cooks.into_iter().map(|cook| cook.join());
        ends.filter(|end| end.is_err()).count()
    })
}

pub fn main() {
    let jobs = (1..=5).map(|tray| {
        move || {
            assert!(tray != 3, "nobody can bake tray {tray}");
            println!("tray {tray} is baked");
        }
    });
    let lost = panicked(jobs.collect());
    println!("{lost} was lost");
    assert_eq!(lost, 1, "the third, and no other");
}
