//! A new thread needs a mapping for its stack. At the limit of mappings it fails with
//! EAGAIN, though there is enough memory.

use std::num::NonZeroUsize;
use std::{fs, io, thread};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use nix::unistd::{SysconfVar, sysconf};

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has max_map_count");
    let most = match fs::read_to_string("/proc/sys/vm/max_map_count") {
        Ok(most) => most.trim().parse::<usize>().expect("a number"),
        Err(error) => {
            println!("Not here: /proc doesn't tell the limit: {error}");
            return Ok(());
        }
    };
    if most > 1 << 20 {
        println!("Not here: to make {most} mappings takes too long");
        return Ok(());
    }
    let page = sysconf(SysconfVar::PAGE_SIZE)?.expect("it has a size") as usize;

    let size = NonZeroUsize::new(2 * most * page).expect("not empty");
    let map = |size, access, flags| {
        // SAFETY: a new mapping at an address of the kernel's choice touches no other
        // memory.
        unsafe { mmap_anonymous(None, size, access, flags) }
    };
    let pages = map(size, ProtFlags::PROT_NONE, MapFlags::MAP_PRIVATE)?;
    // Each second page may be read, so neighbours are never one mapping.
    let split = |number: usize| {
        // SAFETY: the page is within the mapping, and nobody uses it.
        unsafe {
            mprotect(
                pages.byte_add(2 * number * page),
                page,
                ProtFlags::PROT_READ,
            )
        }
    };
    let refused = (0..most).find_map(|number| split(number).err());
    println!("mprotect, at the limit: {refused:?}");
    assert_eq!(
        refused,
        Some(Errno::ENOMEM),
        "no more mappings, though memory is free"
    );

    // Some kernels let mmap have one more than mprotect. A shared one joins no neighbour.
    let one = NonZeroUsize::new(page).expect("not empty");
    let _ = map(one, ProtFlags::PROT_NONE, MapFlags::MAP_SHARED);
    let spawned = thread::Builder::new().spawn(|| ());
    // Before anything else: what prints may need a mapping, too.
    // SAFETY: nobody uses what lies there.
    unsafe { munmap(pages, size.get())? };
    let error = spawned.map(drop).expect_err("her stack would be one more");
    println!("Builder::spawn:         {error}");
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);

    thread::spawn(|| println!("after munmap:           a thread runs"))
        .join()
        .expect("no panic");
    Ok(())
}
