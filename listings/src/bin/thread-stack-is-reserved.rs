//! A thread's stack takes addresses at once, and memory only where it is touched.

use std::sync::Mutex;
use std::{fs, io, thread};

const STACK: usize = 2 * 1024 * 1024;

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
        // Until this guard is dropped, the threads wait at the door.
        let _closed = door.lock().unwrap();
        for _ in 0..50 {
            let cook = thread::Builder::new().stack_size(STACK);
            cook.spawn_scoped(kitchen, || drop(door.lock()))?;
        }

        let more = mib("VmSize:")? - addresses;
        assert!(
            more >= 100,
            "50 stacks of 2 MiB are reserved, and {more} MiB more"
        );
        println!("50 idle threads take 100 MiB of addresses and more,");
        let more = mib("VmRSS:")?.saturating_sub(memory);
        assert!(more < 10, "less than a tenth is in use, not {more} MiB");
        println!("and less than 10 MiB of memory");
        Ok(())
    })
}
