//! A real-time thread keeps its processor until it sleeps, or until the kernel's limit for
//! such threads is reached: ordinary threads wait.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use std::{hint, io, thread};

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::time::ClockId;
use nix::unistd::Pid;

static COOKIES: AtomicU64 = AtomicU64::new(0);
static DONE: AtomicBool = AtomicBool::new(false);
const ME: Pid = Pid::from_raw(0);

/// Puts this thread into a class of the scheduler, with a priority in it.
fn become_one_of(class: i32, priority: i32) -> nix::Result<()> {
    let wanted = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: 0 is this thread, and the parameter is read during the call.
    Errno::result(unsafe { libc::sched_setscheduler(0, class, &wanted) }).map(drop)
}

/// Works for 30 ms of this thread's own time, and counts my sister's cookies meanwhile.
fn work() -> nix::Result<u64> {
    let before = COOKIES.load(Relaxed);
    let start = Duration::from(ClockId::CLOCK_THREAD_CPUTIME_ID.now()?);
    let end = start + Duration::from_millis(30);
    while Duration::from(ClockId::CLOCK_THREAD_CPUTIME_ID.now()?) < end {}
    Ok(COOKIES.load(Relaxed) - before)
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has these classes for threads"
    );
    let allowed = sched_getaffinity(ME)?;
    let first = (0..CpuSet::count()).find(|cpu| allowed.is_set(*cpu) == Ok(true));
    let mut one = CpuSet::new();
    one.set(first.expect("one that I may use"))?;
    sched_setaffinity(ME, &one)?;

    let sister = thread::spawn(|| {
        while !DONE.load(Relaxed) {
            COOKIES.fetch_add(1, Relaxed);
        }
    });
    while COOKIES.load(Relaxed) == 0 {
        thread::yield_now();
    }
    // I offer her no turn: the kernel takes the processor from me.
    let before = COOKIES.load(Relaxed);
    while COOKIES.load(Relaxed) == before {
        hint::spin_loop();
    }
    println!("I am an ordinary thread:  my sister has had a turn");

    if let Err(errno) = become_one_of(libc::SCHED_FIFO, 1) {
        println!("Not here: a real-time class is refused: {errno}");
    } else {
        let urgent = work()?;
        become_one_of(libc::SCHED_OTHER, 0)?;
        println!(
            "I am a real-time thread: my sister's cookies meanwhile: {urgent}"
        );
        assert_eq!(urgent, 0, "I didn't sleep, so she had no turn");
    }
    DONE.store(true, Relaxed);
    sister.join().expect("no panic");
    Ok(())
}
