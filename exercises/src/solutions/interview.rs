//! A place for one message between two threads: what was put there is surely seen.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

#[derive(Default)]
pub struct Mailbox {
    pub message: AtomicU32,
    pub is_there: AtomicBool,
}

pub fn put(mailbox: &Mailbox, message: u32) {
    mailbox.message.store(message, Ordering::Relaxed);
    mailbox.is_there.store(true, Ordering::Release);
}

pub fn take(mailbox: &Mailbox) -> Option<u32> {
    let is_there = mailbox.is_there.load(Ordering::Acquire);
    is_there.then(|| mailbox.message.load(Ordering::Relaxed))
}

pub fn main() {
    let mailbox = &Mailbox::default();
    thread::scope(|kitchen| {
        kitchen.spawn(move || put(mailbox, 300));
        let sugar = loop {
            match take(mailbox) {
                Some(sugar) => break sugar,
                None => thread::yield_now(),
            }
        };
        println!("mother left {sugar} g");
        assert_eq!(sugar, 300);
    });
}
