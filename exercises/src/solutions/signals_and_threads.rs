//! SIGTERM is blocked before the first worker starts, so each of them inherits that;
//! the thread that started them waits for it.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;

pub fn until_term(workers: usize, bake: impl Fn() + Sync) -> usize {
    let term = SigSet::from(Signal::SIGTERM);
    term.thread_block().expect("a valid set");
    let stop = AtomicBool::new(false);

    thread::scope(|kitchen| {
        let workers: Vec<_> = (0..workers)
            .map(|_| {
                kitchen.spawn(|| {
                    let mut baked = 0;
                    while !stop.load(Relaxed) {
                        bake();
                        baked += 1;
                    }
                    baked
                })
            })
            .collect();
        term.wait().expect("a valid set");
        stop.store(true, Relaxed);
        workers
            .into_iter()
            .map(|worker| worker.join().expect("no panic"))
            .sum()
    })
}

pub fn main() {
    let baked =
        until_term(2, || kill(Pid::this(), Signal::SIGTERM).expect("I may"));
    println!("SIGTERM came, and {baked} cookies are baked");
    assert!(baked > 0, "what was begun was finished");
}
