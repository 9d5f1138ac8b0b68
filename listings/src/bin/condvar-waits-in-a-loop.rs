//! A wake-up says "look again", not "it is yours": whoever is woken looks, and waits
//! again if there is nothing for her.

use std::sync::{Condvar, Mutex};
use std::thread;

struct Oven {
    cookies: u32,
    waiting: u32,
    woken_in_vain: u32,
}

static OVEN: Mutex<Oven> = Mutex::new(Oven {
    cookies: 0,
    waiting: 0,
    woken_in_vain: 0,
});
static CHANGED: Condvar = Condvar::new();

fn take() {
    let mut oven = OVEN.lock().unwrap();
    oven.waiting += 1;
    while oven.cookies == 0 {
        // Unlocks and sleeps in one step, and locks again before it returns.
        oven = CHANGED.wait(oven).unwrap();
        oven.woken_in_vain += u32::from(oven.cookies == 0);
    }
    oven.cookies -= 1;
}

fn until(is_so: impl Fn(&Oven) -> bool) {
    while !is_so(&OVEN.lock().unwrap()) {
        thread::yield_now();
    }
}

fn main() {
    let cooks = [thread::spawn(take), thread::spawn(take)];
    // Both have let go of the lock, which `wait` did for them.
    until(|oven| oven.waiting == 2);

    OVEN.lock().unwrap().cookies += 1;
    CHANGED.notify_all();
    println!("me: one cookie, and both cooks woken");
    until(|oven| oven.cookies == 0 && oven.woken_in_vain > 0);
    println!("one took it; the other found none, and waits again");

    OVEN.lock().unwrap().cookies += 1;
    CHANGED.notify_one();
    for cook in cooks {
        cook.join().expect("no panic");
    }
    assert_eq!(OVEN.lock().unwrap().cookies, 0, "each took one, not more");
    println!("me: one more, and each has hers");
}
