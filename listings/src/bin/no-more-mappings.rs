//! A new thread needs a mapping for its stack. At the limit of mappings it fails with
//! EAGAIN, though memory and numbers abound.

use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::{fs, io, thread};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

const PAGE: usize = 4096;

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has max_map_count");
    let most = fs::read_to_string("/proc/sys/vm/max_map_count")?;
    let most: usize = most.trim().parse().expect("a number");

    let size = NonZeroUsize::new(2 * most * PAGE).expect("not empty");
    // SAFETY: a new mapping at an address of the kernel's choice touches no other memory.
    let pages = unsafe {
        mmap_anonymous(None, size, ProtFlags::PROT_NONE, MapFlags::MAP_PRIVATE)?
    };
    // Each second page may be read, so neighbours are never one mapping.
    let split = |page: usize| {
        // SAFETY: the page is within the mapping.
        let page: NonNull<c_void> = unsafe { pages.byte_add(2 * page * PAGE) };
        // SAFETY: nobody uses it.
        unsafe { mprotect(page, PAGE, ProtFlags::PROT_READ) }
    };
    let refused = (0..most).find_map(|page| split(page).err());
    println!("mprotect, at the limit: {refused:?}");
    assert_eq!(
        refused,
        Some(Errno::ENOMEM),
        "no more mappings, though memory is free"
    );

    let spawned = thread::Builder::new().spawn(|| ());
    let error = spawned.map(drop).expect_err("her stack would be one more");
    // Before anything else: what prints may need a mapping, too.
    // SAFETY: nobody uses what lies there.
    unsafe { munmap(pages, size.get())? };
    println!("Builder::spawn:         {error}");
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);

    thread::spawn(|| println!("after munmap:           a thread runs"))
        .join()
        .expect("no panic");
    Ok(())
}
