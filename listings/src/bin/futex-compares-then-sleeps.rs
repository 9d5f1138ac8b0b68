//! A futex sleeps only if the number is still what the caller saw, so a change that
//! came first is never slept through.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::{ptr, thread};

use nix::errno::Errno;
use nix::libc;

/// Sleeps if `word` is `expected`. Comparing and going to sleep are one step.
fn wait(word: &AtomicU32, expected: u32) -> nix::Result<()> {
    // SAFETY: the word outlives the call, which only reads it; there is no timeout.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            ptr::null::<libc::timespec>(),
        )
    };
    Errno::result(result).map(drop)
}

/// Wakes one thread that sleeps on `word`, and returns how many it woke: 0 or 1.
fn wake(word: &AtomicU32) -> nix::Result<libc::c_long> {
    // SAFETY: the call uses the word's address as a name, and no memory.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            1,
        )
    };
    Errno::result(result)
}

static READY: AtomicU32 = AtomicU32::new(0);

fn main() -> nix::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has futexes");

    READY.store(1, SeqCst);
    let late = wait(&READY, 0);
    println!("me: it isn't 0 any more, so I don't sleep: {late:?}");
    assert_eq!(late, Err(Errno::EAGAIN), "nobody would have woken me");

    let sister = thread::spawn(|| wait(&READY, 1));
    // Until she sleeps, there is nobody to wake.
    while wake(&READY)? == 0 {
        thread::yield_now();
    }
    let slept = sister.join().expect("no panic");
    println!("sister: it was 1, so I slept until I was woken: {slept:?}");
    assert_eq!(slept, Ok(()));
    println!(
        "me: it still is {}: a wake-up brings no news",
        READY.load(SeqCst)
    );
    Ok(())
}
