#[cfg_attr(
    feature = "solutions",
    path = "../src/solutions/communication_of_threads.rs"
)]
#[cfg_attr(
    not(feature = "solutions"),
    path = "../src/communication_of_threads.rs"
)]
mod communication_of_threads;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Condvar, Mutex};
use std::time::Duration;
use std::{panic, thread};

use communication_of_threads::serve_as_baked;

#[test]
#[ignore = "an exercise: yours to solve"]
fn each_cookie_is_served_when_it_is_baked() {
    let (hatch, table) = mpsc::channel();
    let caller = thread::spawn(move || {
        let (served, more) = (Mutex::new(Vec::new()), Condvar::new());
        let me = thread::current().id();
        // Cook 4 is the fastest. Each other one waits until the next one's is
        // served.
        let bake = |cook| {
            assert_ne!(thread::current().id(), me, "a thread for each cook");
            let served = served.lock().unwrap();
            drop(
                more.wait_while(served, |served| served.len() < 4 - cook as usize),
            );
            cook * 100
        };
        let serve = |cookie| {
            served.lock().unwrap().push(cookie);
            more.notify_all();
        };
        serve_as_baked(4, bake, serve);
        hatch.send(served.into_inner().unwrap()).unwrap();
    });
    match table.recv_timeout(Duration::from_secs(10)) {
        Ok(served) => assert_eq!(served, [400, 300, 200, 100]),
        Err(RecvTimeoutError::Timeout) => {
            panic!(
                "you wait for ever: for a cook in turn, or for a sender left open"
            )
        }
        Err(RecvTimeoutError::Disconnected) => {
            panic::resume_unwind(caller.join().expect_err("it sent nothing"))
        }
    }
}
