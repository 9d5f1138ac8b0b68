//! A lock of std's in shared memory doesn't wake the process next door; a lock that
//! was made for two processes does.
//!
//! Longer than a page: the two locks meet the same test.

use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::{fs, process, thread};

use nix::libc::{self, pthread_mutex_t};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

/// A place that a forked child shares; it stays mapped until both have ended.
fn shelf<T>() -> nix::Result<*mut T> {
    let size = NonZeroUsize::new(size_of::<T>()).expect("not empty");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no other
    // memory.
    let page = unsafe { mmap_anonymous(None, size, access, MapFlags::MAP_SHARED)? };
    Ok(page.cast().as_ptr())
}

/// Whether a process sleeps until it is woken: state S in /proc/PID/stat.
fn sleeps(pid: Pid) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.contains(") S "))
}

/// I hold a lock, and my friend sleeps in front of it. Does it wake her if I
/// unlock?
fn unlocking_wakes(lock: impl Fn(), unlock: impl FnOnce()) -> nix::Result<bool> {
    // SAFETY: there is one thread, and the lock that it holds isn't copied, but
    // shared.
    match unsafe { fork() }? {
        ForkResult::Child => {
            lock();
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            // All that she ever sleeps for is the lock. The bound is for a kernel
            // that doesn't tell.
            let asleep = (0..100_000).any(|_| {
                thread::yield_now();
                sleeps(child)
            });
            unlock();
            // Who is woken is awake before `unlock` returns, and won't sleep again.
            let woken = asleep && !sleeps(child);
            if !woken {
                kill(child, Signal::SIGKILL)?;
            }
            let went_on = waitpid(child, None)? == WaitStatus::Exited(child, 0);
            assert!(asleep, "she came too late to sleep, or there is no /proc");
            assert_eq!(went_on, woken, "woken, she takes the lock and ends");
            Ok(woken)
        }
    }
}

fn main() -> nix::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/PID/stat");

    let place = shelf::<Mutex<()>>()?;
    // SAFETY: the place is aligned, mapped, and ours. std promises nothing for a
    // Mutex that two processes use: this shows what its present code does.
    let mutex = unsafe {
        place.write(Mutex::new(()));
        &*place
    };
    let guard = mutex.lock().unwrap();
    let woken = unlocking_wakes(|| drop(mutex.lock()), || drop(guard))?;
    println!("std::sync::Mutex:              my friend is woken: {woken}");
    assert!(mutex.try_lock().is_ok(), "it is free");
    assert!(!woken, "and she sleeps in front of it");

    let mutex = shelf::<pthread_mutex_t>()?;
    let mut shared = MaybeUninit::uninit();
    let shared = shared.as_mut_ptr();
    // SAFETY: both places are valid, and each call finds what the one before made.
    let errors = unsafe {
        [
            libc::pthread_mutexattr_init(shared),
            libc::pthread_mutexattr_setpshared(
                shared,
                libc::PTHREAD_PROCESS_SHARED,
            ),
            libc::pthread_mutex_init(mutex, shared),
            libc::pthread_mutex_lock(mutex),
        ]
    };
    assert_eq!(errors, [0; 4], "I hold it");
    let woken = unlocking_wakes(
        // SAFETY: the mutex is initialised, and stays where it is.
        || assert_eq!(unsafe { libc::pthread_mutex_lock(mutex) }, 0),
        // SAFETY: the same, and I hold it.
        || assert_eq!(unsafe { libc::pthread_mutex_unlock(mutex) }, 0),
    )?;
    println!("pthread mutex, process-shared: my friend is woken: {woken}");
    assert!(woken, "it was made for two processes");
    Ok(())
}
