//! On one CPU, each answer takes the asker a switch, whether the other is a process
//! or a thread.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use std::{process, thread};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

#[cfg(target_os = "linux")]
const ME: UsageWho = UsageWho::RUSAGE_THREAD;
#[cfg(not(target_os = "linux"))]
const ME: UsageWho = UsageWho::RUSAGE_SELF;

/// Asks 10,000 times. Gives the time of a round, in the fastest hundred of them.
fn ask(mut phone: UnixStream) -> io::Result<Duration> {
    let switches = || -> nix::Result<_> {
        let mine = getrusage(ME)?;
        Ok(mine.voluntary_context_switches() + mine.involuntary_context_switches())
    };
    let (before, mut fastest) = (switches()?, Duration::MAX);
    for _ in 0..100 {
        let start = Instant::now();
        for _ in 0..100 {
            phone.write_all(b"?")?;
            phone.read_exact(&mut [0])?;
        }
        fastest = fastest.min(start.elapsed() / 100);
    }
    assert!(
        switches()? - before >= 10_000,
        "each answer took me a switch"
    );
    Ok(fastest)
}

/// Answers until the other side hangs up.
fn answer(mut phone: UnixStream) -> io::Result<()> {
    while phone.read(&mut [0])? == 1 {
        phone.write_all(b"!")?;
    }
    Ok(())
}

/// Whoever is made after this stays there too.
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
    assert_eq!(thread::available_parallelism()?.get(), 1, "one CPU for all");

    let (mine, hers) = UnixStream::pair()?;
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(mine);
            process::exit(answer(hers).is_err().into());
        }
        ForkResult::Parent { child } => {
            drop(hers);
            // It ends when I hang up, also after an error.
            let asked = ask(mine);
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
            println!("between processes: {:.1?} a round", asked?);
        }
    }

    let (mine, hers) = UnixStream::pair()?;
    let sister = thread::Builder::new().spawn(|| answer(hers))?;
    println!("between threads:   {:.1?} a round", ask(mine)?);
    sister.join().expect("no panic")
}
