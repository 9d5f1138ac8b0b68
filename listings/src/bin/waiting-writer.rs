//! A writer waits for a reader. Whether the next reader may pass her is the lock's own
//! rule, and decides who can starve.
//!
//! Longer than a page: the two locks meet the same test.

use std::cell::UnsafeCell;
use std::sync::RwLock;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::{fs, io, thread};

use nix::libc::{self, pthread_rwlock_t};

struct Pthread(UnsafeCell<pthread_rwlock_t>);
// SAFETY: it is made for several threads, and used by the pthread functions alone.
unsafe impl Sync for Pthread {}

/// Waits until a thread, which says its tid, sleeps: state S in /proc/self/task/TID/stat.
fn until_asleep(tid: &AtomicI32) -> io::Result<()> {
    loop {
        thread::yield_now();
        if let tid @ 1.. = tid.load(SeqCst) {
            let stat = fs::read_to_string(format!("/proc/self/task/{tid}/stat"))?;
            if stat.contains(") S ") {
                return Ok(());
            }
        }
    }
}

/// I read, and a writer sleeps in front of the lock. Does a second reader get in?
fn passes(
    write: impl FnOnce() + Send,
    try_read: impl FnOnce() -> bool,
    leave: impl FnOnce(),
) -> io::Result<bool> {
    let writer = AtomicI32::new(0);
    thread::scope(|kitchen| {
        kitchen.spawn(|| {
            // SAFETY: the call takes nothing and always succeeds.
            writer.store(unsafe { libc::gettid() }, SeqCst);
            // From here on, all that she sleeps for is the lock.
            write();
        });
        let asleep = until_asleep(&writer);
        let passes = try_read();
        leave();
        asleep.map(|()| passes)
    })
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self/task");

    let lock = RwLock::new(());
    let reader = lock.read().unwrap();
    let passes_std = passes(
        || drop(lock.write()),
        || lock.try_read().is_ok(),
        || drop(reader),
    )?;
    println!("std's RwLock:     a reader passes the waiting writer: {passes_std}");
    assert!(!passes_std, "so a stream of readers can't starve her");

    static LOCK: Pthread =
        Pthread(UnsafeCell::new(libc::PTHREAD_RWLOCK_INITIALIZER));
    let lock = || LOCK.0.get();
    // SAFETY: all calls are for one initialised lock that stays where it is, and who
    // unlocks it holds it.
    let passes_c = unsafe {
        assert_eq!(libc::pthread_rwlock_rdlock(lock()), 0);
        passes(
            || {
                assert_eq!(libc::pthread_rwlock_wrlock(lock()), 0);
                assert_eq!(libc::pthread_rwlock_unlock(lock()), 0);
            },
            || {
                let got_in = libc::pthread_rwlock_tryrdlock(lock()) == 0;
                if got_in {
                    assert_eq!(libc::pthread_rwlock_unlock(lock()), 0);
                }
                got_in
            },
            || assert_eq!(libc::pthread_rwlock_unlock(lock()), 0),
        )?
    };
    println!("glibc's, default: a reader passes the waiting writer: {passes_c}");
    assert!(passes_c, "so readers who overlap can starve her");
    Ok(())
}
