//! A thread runs on the processors of its affinity mask, and on no other. The answer of
//! `available_parallelism` takes that into account.

use std::thread::{self, available_parallelism};
use std::{collections::BTreeSet, io};

use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;

const ME: Pid = Pid::from_raw(0);

/// The processors on which this thread finds itself in 1000 looks.
fn seen() -> nix::Result<BTreeSet<usize>> {
    let look = |_| {
        thread::yield_now();
        sched_getcpu()
    };
    (0..1000).map(look).collect()
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has sched_getcpu");
    let allowed = sched_getaffinity(ME)?;
    let mine = |cpu: &usize| allowed.is_set(*cpu) == Ok(true);
    let last = (0..CpuSet::count()).rev().find(mine);
    let last = last.expect("one that I may use");
    assert!(seen()?.iter().all(mine), "those of the mask alone");

    let mut one = CpuSet::new();
    one.set(last)?;
    sched_setaffinity(ME, &one)?;
    let (seen, worth) = (seen()?.len(), available_parallelism()?);
    println!("pinned: seen on {seen} processor; worth starting: {worth} thread");
    assert_eq!((seen, worth.get()), (1, 1));

    let inherited = thread::spawn(|| sched_getaffinity(ME))
        .join()
        .expect("no panic")?;
    println!(
        "a thread that I start inherits the mask: {}",
        inherited == one
    );
    assert_eq!(inherited, one);
    Ok(())
}
