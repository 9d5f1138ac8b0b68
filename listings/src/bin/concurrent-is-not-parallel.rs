//! Two busy threads run in turns on one processor, and at once only on two.

use std::thread;
use std::time::Duration;

#[cfg(target_os = "linux")]
use nix::{sched, time::ClockId, unistd::Pid};

/// Works until this thread has used 3 ms of processor time; gives what it used.
#[cfg(target_os = "linux")]
fn bake() -> nix::Result<Duration> {
    let clock = || ClockId::CLOCK_THREAD_CPUTIME_ID.now().map(Duration::from);
    let begin = clock()?;
    while clock()? - begin < Duration::from_millis(3) {}
    Ok(clock()? - begin)
}

/// Lets two bake: for how long did they work, both together, and how long did it
/// take?
#[cfg(target_os = "linux")]
fn two_bake() -> nix::Result<[Duration; 2]> {
    let clock = || ClockId::CLOCK_MONOTONIC.now().map(Duration::from);
    let begin = clock()?;
    let [mother, sister] = thread::scope(|kitchen| {
        let cooks = [kitchen.spawn(bake), kitchen.spawn(bake)];
        cooks.map(|cook| cook.join().expect("no panic"))
    });
    Ok([mother? + sister?, clock()? - begin])
}

#[cfg(target_os = "linux")]
fn main() -> nix::Result<()> {
    let me = Pid::from_raw(0);
    let allowed = sched::sched_getaffinity(me)?;
    let all = 0..sched::CpuSet::count();
    let mut free = all.filter(|&stove| allowed.is_set(stove) == Ok(true));
    // So much beyond the time taken must have been worked at once, and no error.
    let sure = Duration::from_micros(500);

    // What I set for myself, the threads that I spawn inherit.
    let mut stoves = sched::CpuSet::new();
    stoves.set(free.next().expect("I am running on one"))?;
    sched::sched_setaffinity(me, &stoves)?;
    let [work, taken] = two_bake()?;
    println!("on one stove:    {work:.0?} of work took {taken:.0?}");
    assert!(work < taken + sure, "at one stove, one cook at a time");

    // There may be no second one, or others may be at it: we try for a while.
    free.next().map_or(Ok(()), |second| stoves.set(second))?;
    sched::sched_setaffinity(me, &stoves)?;
    let [mut work, mut taken] = two_bake()?;
    for _ in 1..25 {
        if work < taken + sure {
            [work, taken] = two_bake()?;
        }
    }
    println!("on two, if free: {work:.0?} of work took {taken:.0?}");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux lets a thread choose its processors like this");
}
