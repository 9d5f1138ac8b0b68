//! Three cooks: their steps overlap, and the longest chain of them counts.
//!
//! Its lines may come in any order.

use std::sync::mpsc::sync_channel;
use std::thread;

/// Works through `steps`, one a minute from minute `from` on, and meets another cook
/// in the middle of each; gives the minute when all is done.
fn work(cook: &str, from: usize, steps: &[&str], meet: impl Fn(usize)) -> usize {
    for (minute, step) in (from..).zip(steps) {
        println!("minute {minute:>2}: {cook}: {step}");
        meet(minute);
    }
    from + steps.len()
}

fn main() {
    // A call to sister. The channel has no room: whoever calls waits to be heard.
    let (call, heard) = sync_channel(0);

    let (dough, oven) = thread::scope(move |kitchen| {
        let mothers = call.clone();
        let mother = kitchen.spawn(move || {
            let steps = ["get flour", "get sugar"];
            work("mother", 0, &steps, |minute| _ = mothers.send(minute))
        });
        let sister = kitchen.spawn(move || {
            let steps = ["light", "stoke", "stoke", "stoke"];
            // None of her steps ends before one of ours in that minute has begun.
            work("sister", 0, &steps, |minute| {
                assert_eq!(heard.recv(), Ok(minute), "somebody else is at work");
            })
        });
        // The dough needs what mother brings. It doesn't need the oven.
        let pantry = mother.join().expect("mother doesn't panic");
        let steps = ["weigh", "mix", "knead"];
        // The last call fails: sister is done by then.
        let dough = work("I", pantry, &steps, |minute| _ = call.send(minute));
        (dough, sister.join().expect("sister doesn't panic"))
    });
    // Nobody can bake before there is both.
    let cookies = work("I", dough.max(oven), &["bake", "bake"], |_| ());

    println!("minute {cookies:>2}: done");
    assert_eq!(cookies, (2 + 3) + 2, "the oven's 4 minutes cost nothing");
}
