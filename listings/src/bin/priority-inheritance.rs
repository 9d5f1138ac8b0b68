//! An urgent thread waits for a lock. If that lock passes priority on, its holder becomes
//! as urgent as the one who waits.
//!
//! Longer than a page: the two kinds of lock meet the same test.

use std::cell::UnsafeCell;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::sync::mpsc;
use std::{fs, thread};

use nix::errno::Errno;
use nix::libc::{self, pthread_mutex_t};

#[repr(transparent)]
struct Lock(UnsafeCell<pthread_mutex_t>);
// SAFETY: it is made for several threads, and used by the pthread functions alone.
unsafe impl Sync for Lock {}

struct Held<'a>(&'a Lock);

impl Lock {
    /// In a box: a pthread mutex must stay where it was initialised.
    fn new(protocol: i32) -> Box<Self> {
        let mut attributes = MaybeUninit::uninit();
        let mut lock = Box::<Self>::new_uninit();
        // SAFETY: each call finds what the one before made. A `Lock` lies in memory as
        // its mutex does, and doesn't move when its box does.
        unsafe {
            let errors = [
                libc::pthread_mutexattr_init(attributes.as_mut_ptr()),
                libc::pthread_mutexattr_setprotocol(
                    attributes.as_mut_ptr(),
                    protocol,
                ),
                libc::pthread_mutex_init(
                    lock.as_mut_ptr().cast(),
                    attributes.as_ptr(),
                ),
            ];
            assert_eq!(errors, [0; 3], "a new mutex");
            lock.assume_init()
        }
    }

    fn lock(&self) -> Held<'_> {
        // SAFETY: it is initialised, and stays where it is while it is borrowed.
        assert_eq!(unsafe { libc::pthread_mutex_lock(self.0.get()) }, 0);
        Held(self)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // SAFETY: as in `lock`, and the thread that locked it is this one.
        assert_eq!(unsafe { libc::pthread_mutex_unlock(self.0.0.get()) }, 0);
    }
}

/// One number of a thread in /proc/self/task, counted as in proc_pid_stat(5).
fn stat(tid: i32, field: usize) -> io::Result<String> {
    let stat = fs::read_to_string(format!("/proc/self/task/{tid}/stat"))?;
    let (_, from_third) = stat.rsplit_once(") ").expect("the name in parentheses");
    let found = from_third.split(' ').nth(field - 3);
    Ok(found.expect("so many fields").to_owned())
}

fn my_tid() -> i32 {
    // SAFETY: the call takes nothing and always succeeds.
    unsafe { libc::gettid() }
}

/// Makes this thread a real-time one, which goes before all that aren't.
fn become_urgent() -> nix::Result<()> {
    let wanted = libc::sched_param { sched_priority: 10 };
    // SAFETY: 0 is the caller, and the parameter is read during the call.
    let result = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &wanted) };
    Errno::result(result).map(drop)
}

/// My priority while I hold the lock and somebody urgent waits for it.
fn mine_while_she_waits(lock: &Lock) -> io::Result<String> {
    let (send, waits) = mpsc::channel();
    thread::scope(|kitchen| {
        let held = lock.lock();
        kitchen.spawn(move || {
            let urgent = become_urgent();
            let may = urgent.is_ok();
            send.send(urgent.map(|()| my_tid())).unwrap();
            may.then(|| lock.lock());
        });
        let sister = waits.recv().expect("she says who she is")?;
        // All that she sleeps for from here on is the lock.
        while stat(sister, 3)? != "S" {
            thread::yield_now();
        }
        let priority = stat(my_tid(), 18);
        drop(held);
        priority
    })
}

/// What containers and old kernels answer.
const REFUSED: [ErrorKind; 2] =
    [ErrorKind::PermissionDenied, ErrorKind::Unsupported];

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self/task");

    let alone = stat(my_tid(), 18)?;
    println!("me, alone:                     {alone}");
    let plain = match mine_while_she_waits(&Lock::new(libc::PTHREAD_PRIO_NONE)) {
        Err(error) if REFUSED.contains(&error.kind()) => {
            println!("Not here: a real-time priority is refused: {error}");
            return Ok(());
        }
        priority => priority?,
    };
    println!("me, holding a plain lock:      {plain}");
    assert_eq!(plain, alone, "her hurry doesn't reach me");

    let inherits = Lock::new(libc::PTHREAD_PRIO_INHERIT);
    let raised = mine_while_she_waits(&inherits)?;
    println!("me, holding one that inherits: {raised}");
    assert_eq!(raised, "-11", "I have her real-time priority of 10");
    let after = stat(my_tid(), 18)?;
    println!("me, after I let go of it:      {after}");
    assert_eq!(after, alone, "only while I kept her waiting");
    Ok(())
}
