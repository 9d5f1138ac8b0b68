//! One cook: each step waits for the one before, whether it needs it or not.

/// Works through `steps`, one a minute from minute `from` on; gives the minute when
/// all is done.
fn work(cook: &str, from: usize, steps: &[&str]) -> usize {
    for (minute, step) in (from..).zip(steps) {
        println!("minute {minute:>2}: {cook}: {step}");
    }
    from + steps.len()
}

fn main() {
    let pantry = work("I", 0, &["get flour", "get sugar"]);
    let dough = work("I", pantry, &["weigh", "mix", "knead"]);
    let oven = work("I", dough, &["light", "stoke", "stoke", "stoke"]);
    let cookies = work("I", oven, &["bake", "bake"]);

    println!("minute {cookies:>2}: done");
    assert_eq!(cookies, 2 + 3 + 4 + 2, "alone, every step counts");
}
