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
    let ticker = Ticker::start(interval, move || {
        let _ = send.send(Instant::now());
    });
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
    let ticker = Ticker::start(Duration::from_secs(3600), move || {
        let _ = send.send(());
    });
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

#[test]
#[ignore = "an exercise: yours to solve"]
fn stop_waits_for_the_tick_that_runs_and_for_no_other() {
    let (begun, begins) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let ticker = Ticker::start(Duration::from_secs(3600), move || {
        begun.send(()).unwrap();
        let _ = may_go_on.recv();
    });
    begins.recv_timeout(LIMIT).expect("the first tick");
    let (done, stopped) = mpsc::channel();
    thread::spawn(move || {
        ticker.stop();
        done.send(()).unwrap();
    });
    // A `stop` that doesn't join is done in less.
    let early = stopped.recv_timeout(Duration::from_millis(100));
    let still_ticks = Err(mpsc::RecvTimeoutError::Timeout);
    assert_eq!(early, still_ticks, "the tick that runs isn't over");
    go_on.send(()).unwrap();
    stopped
        .recv_timeout(LIMIT)
        .expect("the stop came during a tick, and was forgotten");
    assert_eq!(
        begins.recv_timeout(LIMIT),
        Err(mpsc::RecvTimeoutError::Disconnected),
        "it ticks or lives on after the stop"
    );
}
