//! Each thread has a clock of the processor time that it has used; the process's
//! clock has them all.

use std::thread;
use std::time::Duration;

use nix::time::ClockId;

/// What a clock has counted so far.
fn read(clock: ClockId) -> nix::Result<Duration> {
    clock.now().map(Duration::from)
}

/// Works until this thread's own clock shows so many ms; gives what it shows.
fn bake(ms: u64) -> nix::Result<Duration> {
    let own = ClockId::CLOCK_THREAD_CPUTIME_ID;
    while read(own)? < Duration::from_millis(ms) {}
    read(own)
}

fn main() -> nix::Result<()> {
    let sister = thread::spawn(|| bake(20)).join().expect("no panic")?;
    let me = bake(10)?;
    // Read last: it only ever grows.
    let house = read(ClockId::CLOCK_PROCESS_CPUTIME_ID)?;

    println!("my sister's clock:   {sister:.0?}");
    println!("my own clock:        {me:.0?}");
    println!("the process's clock: {house:.0?}");
    // Were all three one clock, each thread's time would be in the sum twice.
    assert!(sister + me <= house, "each minute of work is counted once");
    Ok(())
}
