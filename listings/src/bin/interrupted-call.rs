//! A handler interrupts a call that waits. With SA_RESTART the call goes on afterwards;
//! without it, it fails with EINTR.

use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::{fs, io, thread};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{self, SaFlags, SigAction, SigHandler, SigSet, Signal};
use nix::unistd::{pipe, read, write};

static READER: AtomicI32 = AtomicI32::new(0);
static HANDLED: AtomicI32 = AtomicI32::new(0);

extern "C" fn note(_: i32) {
    HANDLED.fetch_add(1, SeqCst);
}

/// What `read` returns to a thread that waits in it while a handler runs.
fn interrupted(flags: SaFlags) -> io::Result<nix::Result<usize>> {
    let action = SigAction::new(SigHandler::Handler(note), flags, SigSet::empty());
    // SAFETY: `note` does nothing but an atomic addition.
    unsafe { signal::sigaction(Signal::SIGUSR1, &action)? };

    let (reader, writer) = pipe()?;
    let hers = reader.try_clone()?;
    READER.store(0, SeqCst);
    let sister = thread::spawn(move || {
        // SAFETY: the call takes nothing and always succeeds.
        READER.store(unsafe { libc::gettid() }, SeqCst);
        read(&hers, &mut [0])
    });
    let asleep = || match READER.load(SeqCst) {
        0 => Ok(false),
        tid => fs::read_to_string(format!("/proc/self/task/{tid}/stat"))
            .map(|stat| stat.contains(") S ")),
    };
    while !asleep()? {
        thread::yield_now();
    }
    let before = HANDLED.load(SeqCst);
    // SAFETY: she isn't joined yet, so her handle is valid.
    let error = unsafe { libc::pthread_kill(sister.as_pthread_t(), libc::SIGUSR1) };
    assert_eq!(error, 0, "she is there");
    while HANDLED.load(SeqCst) == before {
        thread::yield_now();
    }
    // A call that goes on gets this byte.
    write(&writer, b"!")?;
    Ok(sister.join().expect("no panic"))
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self/task");

    let restarted = interrupted(SaFlags::SA_RESTART)?;
    println!("with SA_RESTART: read returns {restarted:?}");
    assert_eq!(restarted, Ok(1), "it went on, and got the byte");

    let failed = interrupted(SaFlags::empty())?;
    println!("without:         read returns {failed:?}");
    assert_eq!(failed, Err(Errno::EINTR), "it gave up");
    Ok(())
}
