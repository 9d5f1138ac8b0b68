//! On one CPU, a message to and fro takes two switches, between processes as between threads.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use std::{process, thread};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

const ROUNDS: u32 = 2000;

/// Gives the time of a round, and checks that each was waited for by leaving the CPU.
fn ask(mut phone: UnixStream) -> io::Result<Duration> {
    let switches = || -> nix::Result<i64> {
        let usage = getrusage(UsageWho::RUSAGE_SELF)?;
        Ok(usage.voluntary_context_switches() + usage.involuntary_context_switches())
    };
    let (before, start) = (switches()?, Instant::now());
    for _ in 0..ROUNDS {
        phone.write_all(b"?")?;
        phone.read_exact(&mut [0])?;
    }
    let time = start.elapsed() / ROUNDS;
    assert!(
        switches()? - before >= ROUNDS.into(),
        "no answer without a switch"
    );
    Ok(time)
}

fn answer(mut phone: UnixStream) -> io::Result<()> {
    for _ in 0..ROUNDS {
        phone.read_exact(&mut [0])?;
        phone.write_all(b"!")?;
    }
    Ok(())
}

fn main() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use nix::{sched, unistd::Pid};
        let (us, allowed) = (Pid::this(), sched::sched_getaffinity(Pid::this())?);
        let mut one = sched::CpuSet::new();
        let first = (0..sched::CpuSet::count()).find(|&cpu| allowed.is_set(cpu) == Ok(true));
        one.set(first.expect("we run somewhere"))?;
        sched::sched_setaffinity(us, &one)?;
    }

    let (mine, hers) = UnixStream::pair()?;
    // SAFETY: this process has a single thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => process::exit(answer(hers).is_err().into()),
        ForkResult::Parent { child } => {
            println!("between processes: {:.1?} a round", ask(mine)?);
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }

    let (mine, hers) = UnixStream::pair()?;
    let sister = thread::spawn(|| answer(hers));
    println!("between threads:   {:.1?} a round", ask(mine)?);
    sister.join().expect("no panic")
}
