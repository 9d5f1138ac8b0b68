//! Three cooks: a step waits only for what it needs, and the longest chain counts.
//!
//! Its lines may come in any order.

use std::thread;

/// Works through `steps`, one a minute from minute `from` on; gives the minute when
/// all is done.
fn work(cook: &str, from: usize, steps: &[&str]) -> usize {
    for (minute, step) in (from..).zip(steps) {
        println!("minute {minute:>2}: {cook}: {step}");
    }
    from + steps.len()
}

fn main() {
    let (dough, oven) = thread::scope(|kitchen| {
        let mother =
            kitchen.spawn(|| work("mother", 0, &["get flour", "get sugar"]));
        let sister = kitchen
            .spawn(|| work("sister", 0, &["light", "stoke", "stoke", "stoke"]));
        // The dough needs what mother brings. It doesn't need the oven.
        let pantry = mother.join().expect("mother doesn't panic");
        let dough = work("I", pantry, &["weigh", "mix", "knead"]);
        (dough, sister.join().expect("sister doesn't panic"))
    });
    // Nobody can bake before there is both.
    let cookies = work("I", dough.max(oven), &["bake", "bake"]);

    println!("minute {cookies:>2}: done");
    assert_eq!(cookies, (2 + 3) + 2, "the oven's 4 minutes cost nothing");
    assert!(cookies > 11 / 3, "three cooks, and not three times as fast");
}
