//! One page is mapped as shared before the fork, and the friend leaves the number there.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

pub fn sugar_next_door(
    grams: u32,
    use_sugar: impl FnOnce(u32) -> u32,
) -> nix::Result<u32> {
    let size = NonZeroUsize::new(size_of::<AtomicU32>()).expect("not empty");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no other memory.
    let page = unsafe { mmap_anonymous(None, size, access, MapFlags::MAP_SHARED)? };
    // SAFETY: the page is aligned, large enough and zeroed, which is a valid AtomicU32; it
    // stays mapped until after the last use of `shelf`.
    let shelf = unsafe { page.cast::<AtomicU32>().as_ref() };

    // SAFETY: the child takes no lock that another thread might hold, unless `use_sugar` does.
    match unsafe { fork() }? {
        ForkResult::Child => {
            shelf.store(use_sugar(grams), Relaxed);
            // SAFETY: ends the child at once, and leaves the parent's files and buffers alone.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    let left = shelf.load(Relaxed);
    // SAFETY: nothing uses the page any more.
    unsafe { munmap(page, size.get())? };
    Ok(left)
}

pub fn main() -> nix::Result<()> {
    let left = sugar_next_door(500, |grams| grams - 200)?;
    println!("my friend has {left} g left");
    assert_eq!(left, 300);
    Ok(())
}
