//! A thread that has ended keeps its stack until its handle is joined or dropped.

use std::thread::{self, Builder};
use std::{fs, io};

/// More than the 40 MiB that glibc keeps for the next threads: such a stack is unmapped.
const STACK: usize = 48 << 20;

/// A number of this process, from its status in proc(5).
fn status(name: &str) -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number
        .and_then(|number| number.parse().ok())
        .expect("a number"))
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has /proc/self/status"
    );
    let hire = || Builder::new().stack_size(STACK).spawn(|| ());
    let (mother, sister) = (hire()?, hire()?);

    // The kernel tells nobody of a thread's end but who joins it: look until both end.
    // (A folder of tasks, read while one ends, may miss another.)
    while status("Threads:")? > 1 {
        thread::yield_now();
    }
    println!("both have ended: {} thread is left", status("Threads:")?);
    let held = status("VmSize:")?;

    mother.join().expect("no panic");
    let joined = status("VmSize:")?;
    println!("mother joined:   {} MiB unmapped", (held - joined) / 1024);
    assert!(held - joined >= STACK / 1024, "her stack was still there");

    drop(sister);
    let dropped = status("VmSize:")?;
    println!(
        "sister dropped:  {} MiB unmapped",
        (joined - dropped) / 1024
    );
    assert!(joined - dropped >= STACK / 1024, "and so was hers");
    Ok(())
}
