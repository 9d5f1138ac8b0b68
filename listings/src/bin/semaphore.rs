//! A semaphore is a number of places: whoever finds none waits until somebody leaves.

use std::sync::{Barrier, Condvar, Mutex};
use std::thread;

struct Semaphore {
    free: Mutex<u32>,
    freed: Condvar,
}

impl Semaphore {
    fn acquire(&self) {
        let free = self.free.lock().unwrap();
        let none_is_free = |free: &mut u32| *free == 0;
        *self.freed.wait_while(free, none_is_free).unwrap() -= 1;
    }

    fn release(&self) {
        *self.free.lock().unwrap() += 1;
        self.freed.notify_one();
    }
}

static OVEN: Semaphore = Semaphore {
    free: Mutex::new(2),
    freed: Condvar::new(),
};
/// How many trays are in the oven, and how many have been at most.
static TRAYS: Mutex<(u32, u32)> = Mutex::new((0, 0));
static TWO_INSIDE: Barrier = Barrier::new(2);

fn bake() {
    OVEN.acquire();
    {
        let (now, most) = &mut *TRAYS.lock().unwrap();
        *now += 1;
        *most = (*most).max(*now);
    }
    // Nobody goes on before a second one has come as far.
    TWO_INSIDE.wait();
    TRAYS.lock().unwrap().0 -= 1;
    OVEN.release();
}

fn main() {
    for cook in [(); 6].map(|()| thread::spawn(bake)) {
        cook.join().expect("no panic");
    }
    let (now, most) = *TRAYS.lock().unwrap();
    println!("six trays, two places: at most {most} at once");
    assert_eq!((now, most), (0, 2), "as many as there are places");
}
