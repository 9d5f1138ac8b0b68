//! A thread that sleeps doesn't look at a stop flag. It must wait for work and for the
//! stop at once.

use std::os::fd::{AsFd, OwnedFd};
use std::{io, thread};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{pipe, read};

/// Takes orders until there is a stop, and returns how many they were.
fn work(orders: OwnedFd, stop: OwnedFd) -> io::Result<u32> {
    let mut done = 0;
    loop {
        let mut both = [orders.as_fd(), stop.as_fd()]
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        // Sleeps until one of the two has something to say.
        poll(&mut both, PollTimeout::NONE)?;
        if both[1].any() == Some(true) {
            return Ok(done);
        }
        done += read(&orders, &mut [0])? as u32;
    }
}

fn main() -> io::Result<()> {
    let (orders, order) = pipe()?;
    let (stopped, stop) = pipe()?;
    let sister = thread::spawn(move || work(orders, stopped));

    println!("me: no order today");
    // A pipe without a writer is at its end, which wakes whoever polls it.
    drop(stop);
    let done = sister.join().expect("no panic")?;
    println!("sister: I was asleep, and stopped after {done} orders");
    assert_eq!(done, 0);
    // Until here, an order could have come: it wasn't their end that woke her.
    drop(order);
    Ok(())
}
