//! A value with several owners outlives the function that made it, and is freed by
//! whoever lets go last.

use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread::{self, JoinHandle, ThreadId};

static WASHED_BY: OnceLock<ThreadId> = OnceLock::new();

struct Bowl {
    grams: u32,
}

impl Drop for Bowl {
    fn drop(&mut self) {
        println!("bowl:   washed up, with {} g in it", self.grams);
        let first = WASHED_BY.set(thread::current().id());
        first.expect("a bowl is washed once");
    }
}

fn start() -> (mpsc::Sender<()>, JoinHandle<usize>) {
    let bowl = Arc::new(Mutex::new(Bowl { grams: 0 }));
    let mothers = Arc::clone(&bowl);
    println!("start:  {} owners", Arc::strong_count(&bowl));

    let mother = thread::spawn(move || mothers.lock().unwrap().grams += 200);
    let (hatch, door) = mpsc::channel();
    let sister = thread::spawn(move || {
        bowl.lock().unwrap().grams += 100;
        mother.join().expect("no panic");
        door.recv().expect("I tell her when `start` is over");
        let owners = Arc::strong_count(&bowl);
        println!("sister: {owners} owner, and it's me");
        owners
    });
    (hatch, sister)
}

fn main() {
    let (hatch, sister) = start();
    println!("me:     `start` is over");
    let last = sister.thread().id();
    hatch.send(()).expect("sister waits for it");

    let owners = sister.join().expect("no panic");
    assert_eq!(owners, 1, "mother let go before");
    assert_eq!(WASHED_BY.get(), Some(&last), "the last owner washes up");
}
