#[cfg_attr(feature = "solutions", path = "../src/solutions/ending.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/ending.rs")]
mod ending;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ending::Ticker;

const LIMIT: Duration = Duration::from_secs(10);

#[test]
#[ignore = "an exercise: yours to solve"]
fn it_ticks_at_once_and_then_again_and_again() {
    let (send, ticks) = mpsc::channel();
    let interval = Duration::from_millis(20);
    let ticker = Ticker::start(interval, move || drop(send.send(Instant::now())));
    let times = [(); 3].map(|()| ticks.recv_timeout(LIMIT).expect("a tick"));
    ticker.stop();
    let apart = times[2] - times[0];
    assert!(
        apart >= interval,
        "two intervals in {apart:?}: it doesn't wait"
    );
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn stop_wakes_it_in_the_middle_of_an_hour() {
    let (send, ticks) = mpsc::channel();
    let ticker =
        Ticker::start(Duration::from_secs(3600), move || drop(send.send(())));
    ticks.recv_timeout(LIMIT).expect("the first tick");
    let (done, stopped) = mpsc::channel();
    // Not scoped: if it doesn't stop, the test must go on.
    thread::spawn(move || {
        ticker.stop();
        done.send(()).unwrap();
    });
    stopped.recv_timeout(LIMIT).expect("it sleeps for an hour");
    // The thread has ended, and its sender with it.
    assert_eq!(
        ticks.recv_timeout(LIMIT),
        Err(mpsc::RecvTimeoutError::Disconnected)
    );
}
