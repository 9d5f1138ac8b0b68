#[cfg_attr(
    feature = "solutions",
    path = "../src/solutions/signals_and_threads.rs"
)]
#[cfg_attr(not(feature = "solutions"), path = "../src/signals_and_threads.rs")]
mod signals_and_threads;

use std::fs::File;
use std::io::{Read, Write};
use std::process;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe};
use signals_and_threads::until_term;

/// Runs a kitchen in a process of its own, for a wrong one is ended by the signal. Returns what the
/// kitchen returned, if it did, and how its process ended, within a bound.
fn in_a_child(kitchen: fn() -> [usize; 4]) -> (Vec<usize>, WaitStatus) {
    let (reader, writer) = pipe().unwrap();
    // SAFETY: the test runs alone in its process but for the harness's own thread, which waits for
    // this one; a lock of it that the child needs would be noticed as a hang.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            drop(reader);
            // Whoever waits for a signal that never comes is ended by this one.
            // SAFETY: a plain number.
            unsafe { nix::libc::alarm(10) };
            let found = kitchen().map(|number| number.to_string());
            let mut parent = File::from(writer);
            parent.write_all(found.join(" ").as_bytes()).unwrap();
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let mut found = String::new();
            File::from(reader).read_to_string(&mut found).unwrap();
            let numbers = found.split(' ').flat_map(str::parse).collect();
            (numbers, waitpid(child, None).unwrap())
        }
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn each_finishes_what_it_has_in_hand() {
    let (found, ended) = in_a_child(|| {
        let [begun, finished, exposed] = [(); 3].map(|()| AtomicUsize::new(0));
        let all_began = Barrier::new(3);
        let baked = until_term(3, || {
            let blocked = SigSet::thread_get_mask().unwrap();
            exposed
                .fetch_add(usize::from(!blocked.contains(Signal::SIGTERM)), SeqCst);
            // Each of the three workers has begun her first cookie when the signal comes.
            if begun.fetch_add(1, SeqCst) < 3 && all_began.wait().is_leader() {
                kill(Pid::this(), Signal::SIGTERM).unwrap();
            }
            thread::yield_now();
            finished.fetch_add(1, SeqCst);
        });
        [
            baked,
            begun.into_inner(),
            finished.into_inner(),
            exposed.into_inner(),
        ]
    });
    let [baked, begun, finished, exposed] = found[..] else {
        panic!(
            "by its SIGTERM the kitchen closes, and returns; this one: {ended:?}"
        );
    };
    assert_eq!(begun, finished, "nothing is left half done");
    assert_eq!(baked, finished, "what it says is what was baked");
    assert!(baked >= 3);
    // The signal may find another thread than the one that waits for it.
    assert_eq!(exposed, 0, "a worker doesn't block SIGTERM");
}
