//! A thread's stack takes addresses at once, and memory only where it is touched.

use std::sync::Mutex;
use std::{fs, io, thread};

const STACK: usize = 256 * 1024 * 1024;

/// A size of this process in MiB, from proc_pid_status(5), which says kB for KiB.
fn mib(name: &str) -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let size = line.unwrap().trim().trim_end_matches(" kB");
    Ok(size.parse::<usize>().unwrap() / 1024)
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has /proc/self/status"
    );
    let door = Mutex::new(());
    let (addresses, memory) = (mib("VmSize:")?, mib("VmRSS:")?);

    thread::scope(|kitchen| {
        // Until this guard is dropped, the thread waits at the door.
        let _closed = door.lock().unwrap();
        let cook = thread::Builder::new().stack_size(STACK);
        cook.spawn_scoped(kitchen, || drop(door.lock()))?;

        let more = mib("VmSize:")?.saturating_sub(addresses);
        assert!(more >= 256, "the whole stack is reserved, not {more} MiB");
        println!("an idle thread with a stack of 256 MiB");
        println!("takes as many addresses, and more,");
        let more = mib("VmRSS:")?.saturating_sub(memory);
        assert!(more < 10, "and next to none of it is used, not {more} MiB");
        println!("and less than 10 MiB of memory");
        Ok(())
    })
}
