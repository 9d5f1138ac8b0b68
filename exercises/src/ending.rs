//! A thread that calls a function once each interval, and can be stopped at any time.

use std::time::Duration;

/// Add what you need.
pub struct Ticker {}

impl Ticker {
    /// Starts a thread that calls `tick` at once, and then after each `interval`.
    pub fn start(interval: Duration, tick: impl FnMut() + Send + 'static) -> Self {
        todo!("start a thread that waits for the stop, at most for the interval")
    }

    /// Stops it, waits until its thread has ended, and returns; within seconds, however long the
    /// interval is. After that, `tick` isn't called again.
    pub fn stop(self) {
        todo!("wake the thread, and join it")
    }
}
