//! A place for one message between two threads: what was put there is surely seen.

use std::sync::atomic::{AtomicBool, AtomicU32};

/// A message, and whether it is there yet.
#[derive(Default)]
pub struct Mailbox {
    pub message: AtomicU32,
    pub is_there: AtomicBool,
}

/// Leaves a message. Called once.
pub fn put(mailbox: &Mailbox, message: u32) {
    todo!("store both, in an order on which the reader can rely")
}

/// The message, if it is there.
pub fn take(mailbox: &Mailbox) -> Option<u32> {
    todo!("load both, so that a message that is there is whole")
}
