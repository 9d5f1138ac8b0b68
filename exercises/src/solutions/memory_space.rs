//! One page is mapped as shared before the fork, and the friend leaves the number there.

use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{io, process};

use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

const SIZE: NonZeroUsize = NonZeroUsize::new(size_of::<AtomicU32>()).unwrap();

/// A number on a page that stays one page for both sides of a fork.
struct Shelf(NonNull<c_void>);

impl Shelf {
    fn new() -> nix::Result<Self> {
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice touches no other memory.
        let page =
            unsafe { mmap_anonymous(None, SIZE, access, MapFlags::MAP_SHARED)? };
        Ok(Self(page))
    }

    fn grams(&self) -> &AtomicU32 {
        // SAFETY: the page is aligned, large enough and zeroed, which is a valid AtomicU32. It
        // stays mapped as long as `self`, from which the reference is borrowed.
        unsafe { self.0.cast().as_ref() }
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        // SAFETY: it is our mapping, and every reference into it has ended.
        unsafe { munmap(self.0, SIZE.get()) }.expect("it is mapped");
    }
}

/// Ends the process when it is dropped, as a panic that unwinds does.
struct NoWayBack;

impl Drop for NoWayBack {
    fn drop(&mut self) {
        process::abort();
    }
}

/// # Safety
/// If the process has other threads, `use_sugar` must be async-signal-safe (signal-safety(7)).
pub unsafe fn sugar_next_door(
    grams: u32,
    use_sugar: impl FnOnce(u32) -> u32,
) -> io::Result<u32> {
    let shelf = Shelf::new()?;

    // SAFETY: the child calls `use_sugar`, for which the caller vouches, stores a number and
    // calls `_exit`. It takes no lock, and never returns into the caller's code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let _guard = NoWayBack;
            shelf.grams().store(use_sugar(grams), Relaxed);
            // SAFETY: ends the child at once, and leaves the parent's files and buffers alone.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } => match waitpid(child, None)? {
            WaitStatus::Exited(_, 0) => Ok(shelf.grams().load(Relaxed)),
            other => Err(io::Error::other(format!("she ended by {other:?}"))),
        },
    }
}

pub fn main() -> io::Result<()> {
    // SAFETY: it subtracts, which needs nothing that another thread might hold.
    let left = unsafe { sugar_next_door(500, |grams| grams - 200) }?;
    println!("my friend has {left} g left");
    assert_eq!(left, 300);
    Ok(())
}
