//! A shelf with room for one cookie, between cooks who bake and cooks who eat.

use std::sync::{Condvar, Mutex};

/// Add what you need; the tests make it by `Shelf::default()`.
#[derive(Default)]
pub struct Shelf {
    pub cookie: Mutex<Option<u32>>,
    pub changed: Condvar,
}

impl Shelf {
    /// Puts a cookie on the shelf; sleeps as long as there is one already.
    pub fn put(&self, cookie: u32) {
        todo!("wait for room, put it there, and tell who waits for a cookie")
    }

    /// Takes the cookie from the shelf; sleeps as long as there is none.
    pub fn take(&self) -> u32 {
        todo!("wait for a cookie, take it, and tell who waits for room")
    }
}
