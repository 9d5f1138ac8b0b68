//! A helper that does nothing costs least as a thread, more as a child, most as a
//! new program.

use std::process::{self, Command};
use std::time::{Duration, Instant};
use std::{io, thread};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// Of 100 runs, prints the fastest; gives the page faults of all, in us and in our
/// children.
fn measure(
    what: &str,
    start_and_end: impl Fn() -> io::Result<()>,
) -> io::Result<i64> {
    let faults = || -> nix::Result<i64> {
        let (we, children) = (UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN);
        Ok(getrusage(we)?.minor_page_faults()
            + getrusage(children)?.minor_page_faults())
    };
    let (before, mut fastest) = (faults()?, Duration::MAX);
    for _ in 0..100 {
        let start = Instant::now();
        start_and_end()?;
        fastest = fastest.min(start.elapsed());
    }
    println!("{what:>8}: {fastest:.0?} from start to end");
    Ok(faults()? - before)
}

fn main() -> io::Result<()> {
    let thread = measure("thread", || {
        thread::spawn(|| ()).join().expect("it does nothing");
        Ok(())
    })?;
    // SAFETY: the threads are joined, so the child misses no lock.
    let child = measure("child", || match unsafe { fork() }? {
        ForkResult::Child => process::exit(0),
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
            Ok(())
        }
    })?;
    let program = measure("program", || Command::new("true").status().map(drop))?;

    assert!(
        thread < child,
        "a child copies the pages that it writes to; a thread shares them"
    );
    assert!(child < program, "a program has all its pages yet to load");
    Ok(())
}
