//! The kernel promises more memory than there is, and finds a page when it is touched.

use std::num::NonZeroUsize;
use std::{fs, io};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

/// A number of KiB that /proc states, in bytes.
fn bytes(file: &str, name: &str) -> io::Result<usize> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next());
    let kib: usize = kib.and_then(|kib| kib.parse().ok()).expect("a number");
    Ok(kib * 1024)
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/meminfo");
    let mode = fs::read_to_string("/proc/sys/vm/overcommit_memory");
    let (addresses, _) = getrlimit(Resource::RLIMIT_AS)?;
    let reason = match mode {
        Err(error) => format!("/proc doesn't tell overcommit_memory: {error}"),
        Ok(mode) if mode.trim() == "2" => "overcommit_memory is 2".to_owned(),
        Ok(_) if addresses != RLIM_INFINITY => "RLIMIT_AS is set".to_owned(),
        Ok(_) => String::new(),
    };
    if !reason.is_empty() {
        println!("Not here: {reason}");
        return Ok(());
    }
    let present = bytes("/proc/meminfo", "MemTotal:")?;
    let resident = || bytes("/proc/self/status", "VmRSS:");
    let before = resident()?;

    // Each alone could be had; all of them couldn't.
    let size = NonZeroUsize::new(present / 2).expect("not empty");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    let mut promised = Vec::new();
    for _ in 0..4 {
        // SAFETY: a new mapping at an address of the kernel's choice touches no other
        // memory.
        promised.push(unsafe {
            mmap_anonymous(None, size, access, MapFlags::MAP_PRIVATE)?
        });
    }
    // Under pressure, the kernel may have taken pages of mine meanwhile.
    let used = resident()?.saturating_sub(before);
    println!("promised: twice the memory of this machine");
    println!(
        "used:     less than a hundredth of it: {}",
        used < present / 100
    );
    assert!(used < present / 100, "nothing of it was touched");

    // A write to each page would be the end: not of `mmap`, which has succeeded, but of
    // some process, chosen by the kernel when no page is left.
    for place in promised {
        // SAFETY: nobody uses it.
        unsafe { munmap(place, size.get())? };
    }
    Ok(())
}
