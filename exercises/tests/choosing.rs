#[cfg_attr(feature = "solutions", path = "../src/solutions/choosing.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/choosing.rs")]
mod choosing;

use std::panic::resume_unwind;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use choosing::serve_isolated;
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

static SUGAR: AtomicU64 = AtomicU64::new(500);

fn cook(job: u64) -> u64 {
    let left = SUGAR.fetch_sub(100, Relaxed) - 100;
    match job {
        3 => process::abort(),
        4 => process::id().into(),
        // SAFETY: it ends this process, whatever the state of its memory.
        5 => unsafe { nix::libc::_exit(0) },
        // A panic without its message, for which it would need a lock.
        7 => resume_unwind(Box::new(())),
        _ => left + job,
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn a_crash_costs_its_own_job_and_no_other() {
    // SAFETY: `cook` takes no lock but that of malloc, at a panic; and glibc's fork leaves
    // that one free in the child (`posix/fork.c`).
    let results = unsafe { serve_isolated(&[1, 3, 4, 5, 7, 6], cook) }.unwrap();

    let [first, aborted, number, silent, panicked, last] = results[..] else {
        panic!("six jobs, six results: {results:?}");
    };
    assert_eq!(first, Ok(401));
    assert!(
        matches!(aborted, Err(WaitStatus::Signaled(_, Signal::SIGABRT, _))),
        "an abort is seen from outside: {aborted:?}"
    );
    let number = number.expect("it gives the number of its process");
    assert_ne!(number, u64::from(process::id()), "cooked in another house");
    assert!(
        matches!(silent, Err(WaitStatus::Exited(_, 0))),
        "it ended well, and without an answer: {silent:?}"
    );
    assert!(panicked.is_err(), "a panic isn't an answer: {panicked:?}");
    assert_eq!(last, Ok(406), "each child has a full bag of its own");

    assert_eq!(SUGAR.load(Relaxed), 500, "nothing was cooked in my kitchen");
    let any = Pid::from_raw(-1);
    let left = waitpid(any, Some(WaitPidFlag::WNOHANG));
    assert_eq!(left, Err(Errno::ECHILD), "no child is left behind");
}
