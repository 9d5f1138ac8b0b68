//! Who waits for room and who waits for a cookie wait in two queues, so that each
//! notify reaches somebody who can use it.

use std::sync::{Condvar, Mutex};
use std::thread;

#[derive(Default)]
pub struct Shelf {
    pub cookie: Mutex<Option<u32>>,
    pub filled: Condvar,
    pub emptied: Condvar,
}

impl Shelf {
    pub fn put(&self, cookie: u32) {
        let place = self.cookie.lock().unwrap();
        let is_full = |place: &mut Option<u32>| place.is_some();
        *self.emptied.wait_while(place, is_full).unwrap() = Some(cookie);
        self.filled.notify_one();
    }

    pub fn take(&self) -> u32 {
        let mut place = self.cookie.lock().unwrap();
        loop {
            match place.take() {
                Some(cookie) => {
                    self.emptied.notify_one();
                    return cookie;
                }
                None => place = self.filled.wait(place).unwrap(),
            }
        }
    }
}

pub fn main() {
    let shelf = Shelf::default();
    thread::scope(|kitchen| {
        let mother =
            kitchen.spawn(|| (1..=100).for_each(|cookie| shelf.put(cookie)));
        let eaten: u32 = (1..=100).map(|_| shelf.take()).sum();
        mother.join().expect("no panic");
        println!("cookies 1 to 100 add up to {eaten}");
        assert_eq!(eaten, 5050);
    });
}
