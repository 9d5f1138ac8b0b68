//! After a fork, a shared page is one page for both, and a private one is a page each.

use std::num::NonZeroUsize;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// A number on a page of its own, which stays mapped until the process ends.
fn page(kind: MapFlags) -> nix::Result<&'static AtomicU32> {
    let size = NonZeroUsize::new(size_of::<AtomicU32>()).expect("not empty");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no other
    // memory.
    let page = unsafe { mmap_anonymous(None, size, access, kind)? };
    // SAFETY: the page is aligned, large enough and zeroed, which is a valid
    // AtomicU32, and nothing unmaps it.
    Ok(unsafe { page.cast().as_ref() })
}

fn main() -> nix::Result<()> {
    let shelf = page(MapFlags::MAP_SHARED)?;
    let bag = page(MapFlags::MAP_PRIVATE)?;
    let show = |who| println!("{who} shared {shelf:?} g, private {bag:?} g");
    shelf.store(500, Relaxed);
    bag.store(500, Relaxed);
    show("me:    ");

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            shelf.fetch_sub(200, Relaxed);
            bag.fetch_sub(200, Relaxed);
            show("friend:");
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    show("me:    ");
    assert_eq!(shelf.load(Relaxed), 300, "the shelf is one for both houses");
    assert_eq!(bag.load(Relaxed), 500, "and the bag she took from was hers");
    Ok(())
}
