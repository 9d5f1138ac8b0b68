//! A handler runs in the middle of whatever its thread was doing. If that thread holds a
//! lock, nobody else will unlock it while the handler waits.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use nix::sys::signal::{self, SaFlags, SigAction, SigHandler, SigSet, Signal};

static BOWL: Mutex<u32> = Mutex::new(500);
static FOUND_IT_FREE: AtomicBool = AtomicBool::new(false);

extern "C" fn look(_: i32) {
    // `lock` would never return here. `try_lock` is one atomic step in std's present
    // code, which nothing promises.
    FOUND_IT_FREE.store(BOWL.try_lock().is_ok(), SeqCst);
}

fn main() -> nix::Result<()> {
    let handler = SigHandler::Handler(look);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: `look` calls no function that isn't async-signal-safe, as far as std's
    // code shows.
    unsafe { signal::sigaction(Signal::SIGUSR1, &action)? };

    let mut bowl = BOWL.lock().unwrap();
    *bowl -= 100;
    // Sent to this thread, which doesn't block it: the handler has run when this returns.
    signal::raise(Signal::SIGUSR1)?;
    let amid = FOUND_IT_FREE.load(SeqCst);
    *bowl -= 100;
    drop(bowl);

    signal::raise(Signal::SIGUSR1)?;
    let after = FOUND_IT_FREE.load(SeqCst);
    println!("in the middle of my change, the handler finds the lock free: {amid}");
    println!(
        "after it:                   the handler finds the lock free: {after}"
    );
    assert!(!amid, "I hold it, and I am waiting for the handler");
    assert!(after, "nobody holds it any more");
    Ok(())
}
