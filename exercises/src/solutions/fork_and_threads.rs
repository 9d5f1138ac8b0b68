//! Who holds the lock at the fork holds it in both houses.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::{process, thread};

use nix::libc::_exit;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// # Safety
///
/// Other threads may exist: `look` must do only what is async-signal-safe, and not panic.
pub unsafe fn look_in_the_copy<T>(
    drawer: &Mutex<T>,
    look: impl FnOnce(&T) -> u8,
) -> nix::Result<WaitStatus> {
    let held = drawer.lock().expect("nobody panicked over it");
    // SAFETY: the child calls `look`, which may be called there, and then _exit.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            let found = catch_unwind(AssertUnwindSafe(|| look(&held)));
            // A panic doesn't get past here: the caller goes on in the parent alone.
            let status = found.unwrap_or_else(|_| process::abort());
            // SAFETY: it ends the process, and runs nothing else of ours.
            unsafe { _exit(status.into()) }
        }
        ForkResult::Parent { child } => child,
    };
    drop(held);
    waitpid(child, None)
}

pub fn main() {
    let drawer = Mutex::new([50_u8, 50]);
    thread::scope(|kitchen| {
        kitchen.spawn(|| {
            for _ in 0..10_000 {
                // Half done in between: one gram is in nobody's bowl.
                let mut bowls = drawer.lock().expect("nobody panics");
                bowls[0] -= 1;
                bowls[1] += 1;
                bowls.swap(0, 1);
            }
        });
        for _ in 0..20 {
            // SAFETY: to add up two numbers takes no lock and allocates nothing.
            let ended = unsafe { look_in_the_copy(&drawer, |[a, b]| a + b) };
            let WaitStatus::Exited(_, grams) = ended.expect("a fork") else {
                panic!("the child looks and exits");
            };
            assert_eq!(grams, 100, "nobody was half done");
        }
    });
    println!("20 copies of a busy kitchen, 100 g in each");
}
