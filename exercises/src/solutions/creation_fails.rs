//! A limit ends the list; a fault is passed on, and so is a limit that leaves nobody.
//!
//! Bears a refusal: it makes do with fewer workers.

use std::io::{self, ErrorKind};
use std::thread;

pub fn as_many_as_possible<Worker>(
    wanted: usize,
    start: impl FnMut(usize) -> io::Result<Worker>,
) -> io::Result<Vec<Worker>> {
    let mut workers = Vec::new();
    for worker in (0..wanted).map(start) {
        match worker {
            Ok(worker) => workers.push(worker),
            Err(limit)
                if limit.kind() == ErrorKind::WouldBlock && !workers.is_empty() =>
            {
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(workers)
}

pub fn main() -> io::Result<()> {
    let workers = as_many_as_possible(8, |number| {
        // A stand-in for the kernel's limit.
        if number < 3 {
            thread::Builder::new().spawn(move || number)
        } else {
            Err(ErrorKind::WouldBlock.into())
        }
    })?;
    println!("{} workers of 8", workers.len());
    for (number, worker) in workers.into_iter().enumerate() {
        assert_eq!(worker.join().expect("no panic"), number);
    }
    Ok(())
}
