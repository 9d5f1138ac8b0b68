//! A thread's stack takes addresses at once, and memory only where it is touched.

use std::sync::Barrier;
use std::{fs, io, thread};

const STACK: usize = 2 * 1024 * 1024;

/// A size of this process in MiB, from proc_pid_status(5), where it stands in kB.
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
    let (arrived, leave) = (Barrier::new(51), Barrier::new(51));
    let (addresses, memory) = (mib("VmSize:")?, mib("VmRSS:")?);

    thread::scope(|kitchen| {
        for _ in 0..50 {
            let cook = thread::Builder::new().stack_size(STACK);
            cook.spawn_scoped(kitchen, || {
                arrived.wait();
                leave.wait();
            })?;
        }
        arrived.wait();
        let (more_addresses, more_memory) = (mib("VmSize:")? - addresses, mib("VmRSS:")? - memory);
        leave.wait();

        assert!(
            more_addresses >= 100,
            "50 stacks of 2 MiB: {more_addresses} MiB"
        );
        println!("50 idle threads take 100 MiB of addresses and more,");
        assert!(more_memory < 10, "and {more_memory} MiB are in use");
        println!("and less than 10 MiB of memory");
        Ok(())
    })
}
