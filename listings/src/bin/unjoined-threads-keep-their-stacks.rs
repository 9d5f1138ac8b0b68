//! A thread that has ended keeps its stack until its handle is joined or dropped.

use std::thread::{self, Builder};
use std::{fs, io};

/// More than the 40 MiB that glibc keeps for the next threads: such a stack is unmapped.
const STACK: usize = 48 << 20;

/// The size of this process's address space.
fn mapped_kib() -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let size = line.and_then(|line| line.split_whitespace().next());
    Ok(size.and_then(|kib| kib.parse().ok()).expect("a number"))
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self/task");
    let hire = || Builder::new().stack_size(STACK).spawn(|| ());
    let (mother, sister) = (hire()?, hire()?);

    // The kernel tells nobody of a thread's end but who joins it: look until both end.
    let tasks = || io::Result::Ok(fs::read_dir("/proc/self/task")?.count());
    while tasks()? > 1 {
        thread::yield_now();
    }
    println!("both have ended: {} thread is left", tasks()?);
    let held = mapped_kib()?;

    mother.join().expect("no panic");
    let joined = mapped_kib()?;
    println!("mother joined:   {} MiB unmapped", (held - joined) / 1024);
    assert!(held - joined >= STACK / 1024, "her stack was still there");

    drop(sister);
    let dropped = mapped_kib()?;
    println!(
        "sister dropped:  {} MiB unmapped",
        (joined - dropped) / 1024
    );
    assert!(joined - dropped >= STACK / 1024, "and so was hers");
    Ok(())
}
