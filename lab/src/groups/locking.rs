//! One addition under every protection, and what a second thread adds to the steps of the first.

use std::hint::black_box;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use anyhow::{Context, Result};
use nix::libc;
use nix::sched::sched_yield;

use super::stand_of_one;
use crate::clock::Clock;
use crate::record::Affinity;
use crate::stand::{Bench, Benches, Stand};
use crate::task::{Cpus, Futex, Who, pipe, shared_numbers, start_other};

pub fn stands() -> Vec<Stand> {
    vec![
        stand_of_one(
            "locking/add",
            "add",
            "1 added to a number in memory, by one thread",
            Affinity::OneCpu,
            |_| {
                let mut number = 0_u64;
                Benches::timed(move || {
                    *black_box(&mut number) += 1;
                    Ok(())
                })
            },
        ),
        stand_of_one(
            "locking/atomic-add",
            "atomic add",
            "`fetch_add` on an atomic, `Relaxed`, by one thread",
            Affinity::OneCpu,
            |_| {
                let number = AtomicU64::new(0);
                Benches::timed(move || {
                    black_box(&number).fetch_add(1, Ordering::Relaxed);
                    Ok(())
                })
            },
        ),
        stand_of_one(
            "locking/mutex",
            "lock, add, unlock",
            "1 added to a number in a `std::sync::Mutex`, by one thread",
            Affinity::OneCpu,
            |_| {
                let number = Mutex::new(0_u64);
                Benches::timed(move || {
                    *black_box(&number).lock().expect("nobody panics") += 1;
                    Ok(())
                })
            },
        ),
        contended_mutex("one", Affinity::OneCpu),
        contended_mutex("two", Affinity::TwoCpus),
        stand_of_one(
            "locking/atomic-contended/two",
            "atomic add, contended",
            "`fetch_add` on one atomic, `Relaxed`, by two threads at a time: for each addition",
            Affinity::TwoCpus,
            |cpus| {
                let [number] = shared_numbers()?;
                two_add(cpus, [number, number])
            },
        ),
        stand_of_one(
            "locking/same-line/two",
            "atomic add, one cache line",
            "`fetch_add`, `Relaxed`, by two threads, each on an atomic of its own, both in one \
             cache line: for each addition",
            Affinity::TwoCpus,
            |cpus| {
                let Line([one, other]) = Box::leak(Box::default());
                two_add(cpus, [one, other])
            },
        ),
        stand_of_one(
            "locking/apart/two",
            "atomic add, two cache lines",
            "`fetch_add`, `Relaxed`, by two threads, each on an atomic in a cache line of its own: \
             for each addition",
            Affinity::TwoCpus,
            |cpus| two_add(cpus, shared_numbers()?),
        ),
        with_sleeper("pipe", A_BYTE, false, pipe_of_one),
        with_sleeper("pipe", A_BYTE, true, pipe_of_one),
        with_sleeper("malloc", A_BLOCK, false, allocation),
        with_sleeper("malloc", A_BLOCK, true, allocation),
    ]
}

/// Two numbers on one cache line.
#[derive(Default)]
#[repr(align(128))]
struct Line([AtomicU32; 2]);

fn contended_mutex(name: &str, affinity: Affinity) -> Stand {
    stand_of_one(
        format!("locking/mutex-contended/{name}"),
        format!("lock, add, unlock, two threads ({affinity})"),
        "1 added to a number in a `std::sync::Mutex`, by two threads that take turns on one CPU, \
         or want it at the same time on two: for each addition",
        affinity,
        |cpus| {
            let number = Arc::new(Mutex::new(0_u64));
            let others = Arc::clone(&number);
            let add = |number: &Mutex<u64>| *number.lock().expect("nobody panics") += 1;
            together(cpus, move || add(&number), move || add(&others))
        },
    )
}

fn two_add(cpus: Cpus, numbers: [&'static AtomicU32; 2]) -> Result<Benches> {
    let add = |number: &'static AtomicU32| {
        move || {
            number.fetch_add(1, Ordering::Relaxed);
        }
    };
    together(cpus, add(numbers[0]), add(numbers[1]))
}

/// Two threads, each of which does half of the operations, from a common start to a common end.
fn together(
    cpus: Cpus,
    own: impl FnMut() + 'static,
    mut others: impl FnMut() + Send + 'static,
) -> Result<Benches> {
    let [wanted, here, begun] = shared_numbers()?;
    let wanted = Futex::new(wanted, Who::Threads);
    let partner = start_other(Who::Threads, cpus, move || {
        while wanted.number.load(Ordering::Acquire) == 0 {
            wanted.wait(0);
        }
        let count = wanted.number.load(Ordering::Acquire);
        here.store(1, Ordering::Release);
        wait_for_one(begun)?;
        for _ in 0..count {
            others();
        }
        wanted.set(0);
        Ok(())
    })?;
    Ok(Benches::one(
        Together {
            wanted,
            here,
            begun,
            own,
        },
        partner,
    ))
}

fn wait_for_one(number: &AtomicU32) -> Result<()> {
    while number.load(Ordering::Acquire) == 0 {
        // On one CPU the other side has to be let in.
        sched_yield()?;
    }
    Ok(())
}

struct Together<F> {
    /// How many operations the other side is to do; 0 once it has.
    wanted: Futex,
    /// 1 once it is awake.
    here: &'static AtomicU32,
    /// 1 once both may begin.
    begun: &'static AtomicU32,
    own: F,
}

impl<F: FnMut()> Bench for Together<F> {
    fn step(&self) -> u64 {
        2
    }

    fn run(&mut self, operations: u64, clock: &mut Clock) -> Result<()> {
        self.here.store(0, Ordering::Release);
        self.begun.store(0, Ordering::Release);
        self.wanted.set(u32::try_from(operations / 2)?);
        wait_for_one(self.here)?;
        clock.start()?;
        self.begun.store(1, Ordering::Release);
        for _ in 0..operations / 2 {
            (self.own)();
        }
        self.wanted.wait_for(0);
        clock.stop()
    }
}

const A_BYTE: [&str; 2] = [
    "a byte through a pipe",
    "a byte written to a pipe and read from it by one thread of a process",
];
const A_BLOCK: [&str; 2] = [
    "4 KiB allocated and freed",
    "malloc(3) of 4 KiB and free(3) by one thread of a process",
];

/// What one thread does, alone in its process or beside one that sleeps.
fn with_sleeper(
    name: &str,
    [label, what]: [&str; 2],
    sleeps: bool,
    prepare: fn() -> Result<Benches>,
) -> Stand {
    let (suffix, beside) = if sleeps {
        ("with-sleeper", "a second one sleeping")
    } else {
        ("alone", "the only thread")
    };
    stand_of_one(
        format!("locking/{name}-{suffix}"),
        format!("{label}, {beside}"),
        format!("{what}, {beside}"),
        Affinity::OneCpu,
        move |_| {
            if sleeps {
                start_sleeper()?;
            }
            prepare()
        },
    )
}

fn pipe_of_one() -> Result<Benches> {
    let (mut reader, mut writer) = pipe()?;
    Benches::timed(move || {
        writer.write_all(&[0])?;
        Ok(reader.read_exact(&mut [0])?)
    })
}

fn allocation() -> Result<Benches> {
    Benches::timed(|| {
        // SAFETY: what was allocated is freed once, and null may be freed too.
        unsafe { libc::free(black_box(libc::malloc(black_box(4096)))) };
        Ok(())
    })
}

fn start_sleeper() -> Result<()> {
    let sleeper = thread::Builder::new().spawn(|| {
        loop {
            thread::park();
        }
    });
    sleeper.context("can't start a thread")?;
    Ok(())
}
