#[cfg_attr(feature = "solutions", path = "../src/solutions/waiting.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/waiting.rs")]
mod waiting;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use waiting::Shelf;

const LIMIT: Duration = Duration::from_secs(10);

#[test]
#[ignore = "an exercise: yours to solve"]
fn one_cookie_at_a_time_comes_in_the_order_in_which_it_was_put() {
    let shelf = Arc::new(Shelf::default());
    let (send, eaten) = mpsc::channel();
    let hers = Arc::clone(&shelf);
    // Not scoped: if they stand still, the test must go on.
    thread::spawn(move || (0..1000).for_each(|cookie| hers.put(cookie)));
    thread::spawn(move || (0..1000).for_each(|_| send.send(shelf.take()).unwrap()));
    for cookie in 0..1000 {
        assert_eq!(eaten.recv_timeout(LIMIT), Ok(cookie));
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn who_puts_waits_while_the_shelf_is_full() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1);
    let (send, done) = mpsc::channel();
    let hers = Arc::clone(&shelf);
    thread::spawn(move || {
        hers.put(2);
        send.send(()).unwrap();
    });
    // A solution that doesn't wait is done in less.
    let early = done.recv_timeout(Duration::from_millis(100));
    assert_eq!(early, Err(RecvTimeoutError::Timeout), "there was no room");
    assert_eq!(shelf.take(), 1);
    done.recv_timeout(LIMIT).expect("now there is room");
    assert_eq!(shelf.take(), 2);
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn of_many_cooks_none_is_forgotten_asleep() {
    const COOKS: u32 = 8;
    const EACH: u32 = 2000;
    let shelf = Arc::new(Shelf::default());
    let total = Arc::new(Mutex::new(0));
    let (send, done) = mpsc::channel();
    for _ in 0..COOKS {
        let (hers, mine) = (Arc::clone(&shelf), Arc::clone(&shelf));
        let (put, took) = (send.clone(), send.clone());
        let total = Arc::clone(&total);
        thread::spawn(move || {
            (0..EACH).for_each(|_| hers.put(1));
            put.send(()).unwrap();
        });
        thread::spawn(move || {
            let eaten: u32 = (0..EACH).map(|_| mine.take()).sum();
            *total.lock().unwrap() += eaten;
            took.send(()).unwrap();
        });
    }
    drop(send);
    for _ in 0..2 * COOKS {
        done.recv_timeout(LIMIT)
            .expect("somebody sleeps whom nobody will wake (or one panicked)");
    }
    assert_eq!(*total.lock().unwrap(), COOKS * EACH);
}
