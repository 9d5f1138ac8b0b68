//! A panic ends one thread; its process goes on, and a join tells how the thread
//! ended.

use std::thread;

fn main() {
    let mother = thread::spawn(|| {
        println!("mother: I panic");
        panic!("no sugar");
    });

    let ended = mother.join();
    println!("me:     mother panicked, and I went on");
    let reason = ended.expect_err("she never returned");
    // A panic may carry a value of any type; ours is a text.
    let reason = reason.downcast_ref::<&str>().copied();
    println!("me:     she said {reason:?}");
    assert_eq!(
        reason,
        Some("no sugar"),
        "join hands over what she panicked with"
    );
}
