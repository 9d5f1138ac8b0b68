//! Two processes count in one page of memory, and no message passes between them.

use std::num::NonZeroUsize;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn main() -> nix::Result<()> {
    let size = NonZeroUsize::new(size_of::<AtomicU32>()).expect("not empty");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no other
    // memory.
    let page = unsafe {
        mmap_anonymous(
            None,                 // where: the kernel chooses
            size,                 // how much: rounded up to a whole page
            access,               // what we may do with it
            MapFlags::MAP_SHARED, // a child keeps this page, and gets no copy
        )?
    };
    // SAFETY: the page is aligned, large enough and zeroed, which is a valid
    // AtomicU32; it stays mapped until after the last use of `cookies`.
    let cookies = unsafe { page.cast::<AtomicU32>().as_ref() };

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    let side = unsafe { fork() }?;
    for _ in 0..1_000_000 {
        cookies.fetch_add(1, Relaxed);
    }
    match side {
        ForkResult::Child => process::exit(0),
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    println!("two kitchens, one shelf: {} cookies", cookies.load(Relaxed));
    assert_eq!(cookies.load(Relaxed), 2_000_000, "a million of each");
    // SAFETY: nothing uses the page any more.
    unsafe { munmap(page, size.get()) }
}
