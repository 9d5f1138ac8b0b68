//! The error of a poisoned lock holds the guard, and `clear_poison` takes the mark away.

use std::sync::Mutex;
use std::thread;

pub struct Dough {
    pub sugar: u32,
    pub flour: u32,
}

pub fn mend(dough: &Mutex<Dough>) -> u32 {
    let mut guard = match dough.lock() {
        Ok(_) => return 0,
        Err(poisoned) => poisoned.into_inner(),
    };
    let missing = guard.sugar - guard.flour;
    guard.flour += missing;
    // Only now, and before the guard lets go: nobody may see a clean lock and a bad dough.
    dough.clear_poison();
    missing
}

pub fn main() {
    let dough = Mutex::new(Dough {
        sugar: 200,
        flour: 200,
    });
    thread::scope(|kitchen| {
        let mother = kitchen.spawn(|| {
            let mut dough = dough.lock().unwrap();
            dough.sugar += 100;
            panic!("no flour");
        });
        mother.join().expect_err("she panicked");
    });
    let missing = mend(&dough);
    println!("{missing} g of flour were missing");
    assert_eq!(missing, 100);
    let dough = dough.lock().expect("the lock is like new");
    assert_eq!((dough.sugar, dough.flour), (300, 300));
}
