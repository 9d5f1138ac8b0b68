//! A signal to a process goes to one thread that doesn't block it, and its handler runs
//! on that thread.

use std::sync::Barrier;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::thread;

use nix::libc;
use nix::sys::signal::{self, SaFlags, SigAction, SigHandler, SigSet, Signal};
use nix::unistd::Pid;

static HANDLED_BY: AtomicI32 = AtomicI32::new(0);

fn tid() -> i32 {
    // SAFETY: the call takes nothing and always succeeds.
    unsafe { libc::gettid() }
}

extern "C" fn note(_: i32) {
    // A system call and an atomic store: both may be done in a handler.
    HANDLED_BY.store(tid(), SeqCst);
}

fn main() -> nix::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has tids");
    let handler = SigHandler::Handler(note);
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: `note` calls only what is async-signal-safe.
    unsafe { signal::sigaction(Signal::SIGUSR1, &action)? };

    // The threads that I start inherit this mask.
    let usr1 = SigSet::from(Signal::SIGUSR1);
    usr1.thread_block()?;
    let ready = Barrier::new(3);
    let handled = || HANDLED_BY.load(SeqCst);
    let (mother, sister) = thread::scope(|kitchen| {
        let mother = kitchen.spawn(|| {
            let opened = usr1.thread_unblock();
            ready.wait();
            while opened.is_ok() && handled() == 0 {
                thread::yield_now();
            }
            tid()
        });
        let sister = kitchen.spawn(|| {
            ready.wait();
            tid()
        });
        ready.wait();
        signal::kill(Pid::this(), Signal::SIGUSR1).expect("I may");
        (
            mother.join().expect("no panic"),
            sister.join().expect("no panic"),
        )
    });
    println!("me:     task {}, blocks SIGUSR1", tid());
    println!("sister: task {sister}, blocks SIGUSR1");
    println!("mother: task {mother}, doesn't");
    println!("the handler ran on task {}", handled());
    assert_eq!(handled(), mother, "the one thread that doesn't block it");
    Ok(())
}
