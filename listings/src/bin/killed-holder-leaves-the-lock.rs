//! A process that is killed with a lock in its hand leaves it locked, unless the lock
//! is robust: then the next who takes it is told.

use std::num::NonZeroUsize;
use std::{mem, process};

use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

type Lock = libc::pthread_mutex_t;

#[cfg(target_os = "linux")]
fn main() -> nix::Result<()> {
    let size = NonZeroUsize::new(size_of::<Lock>()).expect("not empty");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // Of pthread.h: PTHREAD_MUTEX_STALLED, which is the default, and _ROBUST.
    for (name, robustness) in [("plain", 0), ("robust", 1)] {
        // SAFETY: a new mapping at an address of the kernel's choice touches no
        // other memory.
        let page =
            unsafe { mmap_anonymous(None, size, access, MapFlags::MAP_SHARED)? };
        let lock: *mut Lock = page.as_ptr().cast();
        // SAFETY: zeroes make room for attributes, which are initialised before they
        // are used. The page is aligned, large enough, and nobody else's yet.
        unsafe {
            let mut how = mem::zeroed();
            assert_eq!(libc::pthread_mutexattr_init(&mut how), 0);
            let shared = libc::PTHREAD_PROCESS_SHARED;
            assert_eq!(libc::pthread_mutexattr_setpshared(&mut how, shared), 0);
            assert_eq!(libc::pthread_mutexattr_setrobust(&mut how, robustness), 0);
            assert_eq!(libc::pthread_mutex_init(lock, &how), 0);
        }
        // SAFETY: the lock is initialised, and stays mapped until the process ends.
        let try_lock = || unsafe { libc::pthread_mutex_trylock(lock) };

        // SAFETY: there is one thread, so no lock can be left behind in the child.
        match unsafe { fork() }? {
            ForkResult::Child => {
                assert_eq!(try_lock(), 0, "it is free");
                raise(Signal::SIGKILL)?;
                process::exit(0);
            }
            ForkResult::Parent { child } => {
                let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
                assert_eq!(waitpid(child, None)?, killed, "with the lock in hand");
            }
        }
        let answer = Errno::from_raw(try_lock());
        println!("{name:<8}{answer}");
        if name == "plain" {
            assert_eq!(answer, Errno::EBUSY, "her death didn't unlock it");
        } else {
            assert_eq!(answer, Errno::EOWNERDEAD, "it is mine, with a warning");
            // SAFETY: we hold the lock, and nobody else is alive to use it.
            unsafe {
                assert_eq!(libc::pthread_mutex_consistent(lock), 0);
                assert_eq!(libc::pthread_mutex_unlock(lock), 0);
            }
            assert_eq!(try_lock(), 0, "it is as good as new");
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("not every system has robust locks");
}
