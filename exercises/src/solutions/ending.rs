//! The pause is a wait for the stop, with a limit of time. Dropping the sender is the
//! stop.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub struct Ticker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    pub fn start(
        interval: Duration,
        mut tick: impl FnMut() + Send + 'static,
    ) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            tick();
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                tick();
            }
        });
        Self { stop, thread }
    }

    pub fn stop(self) {
        drop(self.stop);
        self.thread.join().expect("no panic");
    }
}

pub fn main() {
    let (send, ticks) = mpsc::channel();
    let hourly = Duration::from_secs(3600);
    let ticker = Ticker::start(hourly, move || send.send(()).expect("a listener"));
    ticks.recv().expect("the first tick");
    ticker.stop();
    println!("stopped in the middle of an hour");
    assert!(ticks.recv().is_err(), "nobody is left who ticks");
}
