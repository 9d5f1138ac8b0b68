#[cfg_attr(feature = "solutions", path = "../src/solutions/races.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/races.rs")]
mod races;

use std::cell::Cell;
use std::sync::mpsc;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use races::pour;

type Jars = [Mutex<u32>; 2];

#[test]
#[ignore = "an exercise: yours to solve"]
fn nobody_waits_for_ever() {
    static JARS: Jars = [Mutex::new(500), Mutex::new(500)];
    static HOLDING_ONE: Mutex<usize> = Mutex::new(0);
    static BOTH_HOLD_ONE: Condvar = Condvar::new();

    let (done, all_done) = mpsc::channel();
    for (from, to) in [(0, 1), (1, 0)] {
        let done = done.clone();
        // Not scoped: if they stand still, the test must go on.
        thread::spawn(move || {
            let is_first = Cell::new(true);
            let lock = |jar: usize| {
                let jar = JARS[jar].lock().unwrap();
                if is_first.replace(false) {
                    // Gives the other one all the time to take her first lock too.
                    let mut holding = HOLDING_ONE.lock().unwrap();
                    *holding += 1;
                    BOTH_HOLD_ONE.notify_all();
                    let limit = Duration::from_secs(1);
                    let both = BOTH_HOLD_ONE.wait_timeout_while(
                        holding,
                        limit,
                        |number| *number < 2,
                    );
                    drop(both.unwrap());
                }
                jar
            };
            pour(lock, from, to, 100);
            done.send(()).unwrap();
        });
    }
    drop(done);
    for _ in 0..2 {
        all_done.recv_timeout(Duration::from_secs(10)).expect(
            "each holds one jar and waits for the other's (or one panicked)",
        );
    }
    assert_eq!(JARS.each_ref().map(|jar| *jar.lock().unwrap()), [500, 500]);
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn no_sugar_is_ever_missing() {
    for (from, to) in [(0, 1), (1, 0)] {
        let jars: Jars = [Mutex::new(500), Mutex::new(500)];
        // A reader who comes whenever a lock is about to be taken: sees the total, if she
        // can have both locks.
        let look = || {
            if let (Ok(first), Ok(second)) =
                (jars[0].try_lock(), jars[1].try_lock())
            {
                assert_eq!(*first + *second, 1000, "seen in the middle of pouring");
            }
        };
        let lock = |jar: usize| {
            look();
            jars[jar].lock().unwrap()
        };
        pour(lock, from, to, 100);
        look();
        assert_eq!(*jars[from].lock().unwrap(), 400, "poured out of jar {from}");
        assert_eq!(*jars[to].lock().unwrap(), 600, "poured into jar {to}");
    }
}
