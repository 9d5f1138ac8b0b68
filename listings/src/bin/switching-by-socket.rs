//! On one CPU, each answer takes a switch, and it hardly matters whether that is
//! between two processes or between two threads.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use std::{process, thread};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// Asks 10,000 times. Gives the time of a round, in the fastest hundred of them.
fn ask(mut phone: UnixStream) -> io::Result<Duration> {
    let usage = || getrusage(UsageWho::RUSAGE_SELF);
    let (before, mut fastest) = (usage()?, Duration::MAX);
    for _ in 0..100 {
        let start = Instant::now();
        for _ in 0..100 {
            phone.write_all(b"?")?;
            phone.read_exact(&mut [0])?;
        }
        fastest = fastest.min(start.elapsed() / 100);
    }
    let waited =
        usage()?.voluntary_context_switches() - before.voluntary_context_switches();
    let ousted = usage()?.involuntary_context_switches()
        - before.involuntary_context_switches();
    assert!(waited + ousted >= 10_000, "each answer took a switch");
    Ok(fastest)
}

/// Answers until the other side hangs up.
fn answer(mut phone: UnixStream) -> io::Result<()> {
    while phone.read(&mut [0])? == 1 {
        phone.write_all(b"!")?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn stay_on_one_cpu() -> nix::Result<()> {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    let me = nix::unistd::Pid::from_raw(0);
    let allowed = sched_getaffinity(me)?;
    let cpu = (0..CpuSet::count()).find(|&cpu| allowed.is_set(cpu) == Ok(true));
    let mut one = CpuSet::new();
    one.set(cpu.expect("we run somewhere"))?;
    sched_setaffinity(me, &one)
}

fn main() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    stay_on_one_cpu()?;

    let (mine, hers) = UnixStream::pair()?;
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(mine);
            process::exit(answer(hers).is_err().into());
        }
        ForkResult::Parent { child } => {
            drop(hers);
            println!("between processes: {:.1?} a round", ask(mine)?);
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }

    let (mine, hers) = UnixStream::pair()?;
    let sister = thread::spawn(|| answer(hers));
    println!("between threads:   {:.1?} a round", ask(mine)?);
    sister.join().expect("no panic")
}
