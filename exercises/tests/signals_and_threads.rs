#[cfg_attr(
    feature = "solutions",
    path = "../src/solutions/signals_and_threads.rs"
)]
#[cfg_attr(not(feature = "solutions"), path = "../src/signals_and_threads.rs")]
mod signals_and_threads;

use std::process;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use signals_and_threads::until_term;

/// Runs a kitchen in a process of its own, for a wrong one is ended by the signal. Returns how
/// that ended, within a bound.
fn in_a_child(kitchen: fn()) -> WaitStatus {
    // SAFETY: the test runs alone in its process but for the harness's own thread, which waits for
    // this one; a lock of it that the child needs would be noticed as a hang.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            // Whoever waits for a signal that never comes is ended by this one.
            // SAFETY: a plain number.
            unsafe { nix::libc::alarm(10) };
            kitchen();
            process::exit(0);
        }
        ForkResult::Parent { child } => waitpid(child, None).unwrap(),
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn each_finishes_what_it_has_in_hand() {
    let ended = in_a_child(|| {
        let (begun, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let all_began = Barrier::new(3);
        let baked = until_term(3, || {
            // Each of the three workers has begun her first cookie when the signal comes.
            if begun.fetch_add(1, SeqCst) < 3 && all_began.wait().is_leader() {
                kill(Pid::this(), Signal::SIGTERM).unwrap();
            }
            thread::yield_now();
            finished.fetch_add(1, SeqCst);
        });
        let finished = finished.load(SeqCst);
        assert_eq!(begun.load(SeqCst), finished, "nothing is left half done");
        assert_eq!(baked, finished, "what it says is what was baked");
        assert!(baked >= 3);
    });
    assert!(
        matches!(ended, WaitStatus::Exited(_, 0)),
        "by its SIGTERM the kitchen closes in good order; this one: {ended:?}"
    );
}
