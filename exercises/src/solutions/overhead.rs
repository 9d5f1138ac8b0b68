//! It doesn't: the size is a reservation, and only touched pages fault.

use std::{io, thread};

use nix::sys::resource::{UsageWho, getrusage};

pub fn faults_of_a_thread(stack: usize) -> io::Result<i64> {
    let before = getrusage(UsageWho::RUSAGE_SELF)?.minor_page_faults();
    let thread = thread::Builder::new().stack_size(stack).spawn(|| ())?;
    thread.join().expect("it does nothing");
    Ok(getrusage(UsageWho::RUSAGE_SELF)?.minor_page_faults() - before)
}

pub fn main() -> io::Result<()> {
    // The first thread also sets up what all of them use.
    faults_of_a_thread(64 * 1024)?;
    let small = faults_of_a_thread(64 * 1024)?;
    let large = faults_of_a_thread(64 * 1024 * 1024)?;
    println!("64 KiB: {small} faults, 64 MiB: {large} faults");
    assert!(large < small + 100, "far from the 16384 pages of 64 MiB");
    Ok(())
}
