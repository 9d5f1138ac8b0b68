//! Two threads want one processor. The one with nice 5 gets about a third of what the one
//! with nice 0 gets.

use std::sync::Barrier;
use std::time::Duration;
use std::{io, thread};

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::time::ClockId;
use nix::unistd::Pid;

const BOTH: Duration = Duration::from_millis(600);
const ME: Pid = Pid::from_raw(0);

/// How much of the processor this thread and the whole process have had.
fn had() -> nix::Result<[Duration; 2]> {
    let thread = ClockId::CLOCK_THREAD_CPUTIME_ID.now()?;
    let process = ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?;
    Ok([thread.into(), process.into()])
}

/// Works until both threads together have had enough. Returns this one's part.
fn bake(nice: i32, start: &Barrier) -> nix::Result<Duration> {
    // SAFETY: 0 is this thread: on Linux, each has its own nice value.
    let set = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, nice) };
    let [mine, both] = had()?;
    start.wait();
    Errno::result(set)?;
    while had()?[1] - both < BOTH {}
    Ok(had()?[0] - mine)
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has a nice value per thread"
    );
    // Both inherit the one processor that I may use.
    let allowed = sched_getaffinity(ME)?;
    let first = (0..CpuSet::count()).find(|cpu| allowed.is_set(*cpu) == Ok(true));
    let mut one = CpuSet::new();
    one.set(first.expect("one that I may use"))?;
    sched_setaffinity(ME, &one)?;

    let start: &Barrier = Box::leak(Box::new(Barrier::new(2)));
    let mother = thread::spawn(|| bake(0, start));
    let sister = thread::spawn(|| bake(5, start));
    let mother = mother.join().expect("no panic");
    let sister = sister.join().expect("no panic");
    if let Err(errno @ (Errno::EACCES | Errno::EPERM)) = mother {
        println!("Not here: I may not go back to nice 0: {errno}");
        return Ok(());
    }
    let (mother, sister) = (mother?, sister?);
    println!("mother, nice 0: {mother:.0?}");
    println!("sister, nice 5: {sister:.0?}");
    let share = mother.as_secs_f64() / sister.as_secs_f64();
    assert!(
        (2.0..4.5).contains(&share),
        "1024 to 335 is 3.1; this is {share}"
    );
    Ok(())
}
