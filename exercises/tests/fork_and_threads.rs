#[cfg_attr(feature = "solutions", path = "../src/solutions/fork_and_threads.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/fork_and_threads.rs")]
mod fork_and_threads;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use fork_and_threads::look_in_the_copy;
use nix::libc::pthread_atfork;
use nix::sys::wait::WaitStatus;

static DRAWER: Mutex<u8> = Mutex::new(7);
static FORKS: AtomicU32 = AtomicU32::new(0);
static HELD: AtomicU32 = AtomicU32::new(0);

/// Called by fork, before there is a child.
extern "C" fn a_fork_begins() {
    FORKS.fetch_add(1, Relaxed);
    HELD.fetch_add(DRAWER.try_lock().is_err().into(), Relaxed);
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn you_hold_the_drawer_at_the_fork() {
    // SAFETY: the handler counts by atomics, and doesn't wait for the lock.
    assert_eq!(
        unsafe { pthread_atfork(Some(a_fork_begins), None, None) },
        0
    );
    for grams in [7, 8] {
        *DRAWER.lock().unwrap() = grams;
        // SAFETY: the closure adds two numbers.
        let ended = unsafe { look_in_the_copy(&DRAWER, |found| found + 100) };
        let ended = ended.expect("a fork");
        assert!(
            matches!(ended, WaitStatus::Exited(_, status) if status == i32::from(grams) + 100),
            "the child exits with what it made of {grams}: {ended:?}"
        );
        assert!(DRAWER.try_lock().is_ok(), "afterwards yours is unlocked");
    }
    assert_eq!(FORKS.load(Relaxed), 2, "one fork for each look");
    assert_eq!(HELD.load(Relaxed), 2, "at each you held the drawer");
}
