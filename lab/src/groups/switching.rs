//! A round trip between two tasks: each waits until the other has answered.

use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use anyhow::{Context, Result};
use nix::sched::sched_yield;
use nix::sys::eventfd::EventFd;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{spawn, yield_now};

use super::stand_of_one;
use crate::clock::Clock;
use crate::record::Affinity;
use crate::stand::{Bench, Benches, Each, Stand};
use crate::task::{Cpus, Futex, Who, pipe, shared_memory, shared_numbers, start_other};

pub fn stands() -> Vec<Stand> {
    let mut stands = Vec::new();
    for means in Means::ALL {
        for affinity in [Affinity::OneCpu, Affinity::TwoCpus, Affinity::Free] {
            // With a CPU each, nobody has to give way. And one means is enough to see what the
            // scheduler chooses.
            if (means == Means::Yield && affinity != Affinity::OneCpu)
                || (means != Means::Pipe && affinity == Affinity::Free)
            {
                continue;
            }
            for who in Who::BOTH {
                stands.push(stand(means, who, affinity, None));
            }
        }
    }
    for who in Who::WITH_THE_OTHER_TABLE {
        stands.push(stand(Means::Pipe, who, Affinity::OneCpu, None));
    }
    for bytes in [64 << 10, 512 << 10, 4 << 20] {
        for of in [Of::EachSide, Of::Both] {
            for who in Who::BOTH {
                stands.push(stand(Means::Pipe, who, Affinity::OneCpu, Some((bytes, of))));
            }
        }
    }
    stands.push(tasks());
    stands
}

/// Whose memory is walked over between two switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// Each side has its own.
    EachSide,
    /// Both have the same.
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    Pipe,
    Futex,
    Eventfd,
    Yield,
}

impl Means {
    const ALL: [Self; 4] = [Self::Pipe, Self::Futex, Self::Eventfd, Self::Yield];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Pipe => (
                "pipe",
                "a byte written to a pipe, and one read from another that the other side wrote",
            ),
            Self::Futex => (
                "futex",
                "a number in shared memory set and the other side woken by futex(2), and sleep \
                 until it has set it back",
            ),
            Self::Eventfd => (
                "eventfd",
                "an eventfd(2) counted up, and another read that the other side counts up",
            ),
            Self::Yield => (
                "yield",
                "a number in shared memory set, and sched_yield(2) until the other side, which \
                 does the same, has set it back",
            ),
        }
    }
}

/// Two tasks, each of which may walk over so many bytes in each turn.
fn stand(means: Means, who: Who, affinity: Affinity, walked: Option<(usize, Of)>) -> Stand {
    let (name, what) = means.words();
    let where_ = match affinity {
        Affinity::OneCpu => "one",
        Affinity::TwoCpus => "two",
        Affinity::Free => "free",
    };
    let mut id = format!("switching/{name}/{}/{where_}", who.name());
    let mut label = format!("{name}, {}", who.words());
    let mut what = format!("between two {}: {what}", who.words());
    if let Some((bytes, of)) = walked {
        let size = if bytes < 1 << 20 {
            format!("{} KiB", bytes >> 10)
        } else {
            format!("{} MiB", bytes >> 20)
        };
        let short = size.replace(" KiB", "K").replace(" MiB", "M");
        let (suffix, share, whose) = match of {
            Of::EachSide => ("", "each", "of its own"),
            Of::Both => ("-shared", "shared", "that both have"),
        };
        id += &format!("/{short}{suffix}");
        label += &format!(", {size} {share}");
        what += &format!("; in between each side adds 1 to each cache line of {size} {whose}");
    }
    stand_of_one(id, label, what, affinity, move |cpus| match means {
        Means::Pipe => pipes(who, cpus, walked),
        Means::Futex => futex(who, cpus),
        Means::Eventfd => eventfd(who, cpus),
        Means::Yield => yielding(who, cpus),
    })
}

fn pipes(who: Who, cpus: Cpus, walked: Option<(usize, Of)>) -> Result<Benches> {
    let (mut one, mut other) = Side::pair(pipe()?, pipe()?);
    let (mut own, mut others) = match walked {
        None => (WorkingSet(&[]), WorkingSet(&[])),
        Some((bytes, Of::EachSide)) => (WorkingSet::private(bytes), WorkingSet::private(bytes)),
        Some((bytes, Of::Both)) => {
            let both = WorkingSet::shared(bytes)?;
            (both, both)
        }
    };
    let partner = start_other(who, cpus, move || {
        other.await_turn()?;
        others.walk();
        other.pass()
    })?;
    let bench = Each(move || {
        one.pass()?;
        one.await_turn()?;
        own.walk();
        Ok(())
    });
    Ok(Benches::one(bench, partner))
}

/// One side of two pipes.
struct Side {
    reader: File,
    writer: File,
}

impl Side {
    fn pair(there: (File, File), back: (File, File)) -> (Self, Self) {
        let one = Self {
            reader: back.0,
            writer: there.1,
        };
        let other = Self {
            reader: there.0,
            writer: back.1,
        };
        (one, other)
    }

    fn pass(&mut self) -> Result<()> {
        self.writer.write_all(&[0]).context("can't write to a pipe")
    }

    fn await_turn(&mut self) -> Result<()> {
        let mut byte = [0];
        let read = self.reader.read_exact(&mut byte);
        read.context("can't read from a pipe")
    }
}

fn futex(who: Who, cpus: Cpus) -> Result<Benches> {
    let [number] = shared_numbers()?;
    let turn = Futex::new(number, who);
    let partner = start_other(who, cpus, move || {
        turn.wait_for(1);
        turn.set(0);
        Ok(())
    })?;
    let bench = Each(move || {
        turn.set(1);
        turn.wait_for(0);
        Ok(())
    });
    Ok(Benches::one(bench, partner))
}

fn eventfd(who: Who, cpus: Cpus) -> Result<Benches> {
    let make = || EventFd::new().context("can't make an eventfd");
    let (there, back) = (make()?, make()?);
    // Files, so that both sides read and write in the same way as with a pipe.
    let file = |event: EventFd| File::from(OwnedFd::from(event));
    let (there, back) = (file(there), file(back));
    let (mut reads, mut writes) = (there.try_clone()?, back.try_clone()?);
    let partner = start_other(who, cpus, move || {
        reads.read_exact(&mut [0; 8])?;
        Ok(writes.write_all(&1_u64.to_ne_bytes())?)
    })?;
    let bench = Each(move || {
        (&there).write_all(&1_u64.to_ne_bytes())?;
        Ok((&back).read_exact(&mut [0; 8])?)
    });
    Ok(Benches::one(bench, partner))
}

fn yielding(who: Who, cpus: Cpus) -> Result<Benches> {
    let [turn, awake] = shared_numbers()?;
    let awake = Futex::new(awake, who);
    let partner = start_other(who, cpus, move || {
        awake.wait_for(1);
        while awake.number.load(Ordering::Acquire) == 1 {
            if turn.load(Ordering::Acquire) == 1 {
                turn.store(0, Ordering::Release);
            }
            sched_yield()?;
        }
        Ok(())
    })?;
    let each = Each(move || {
        turn.store(1, Ordering::Release);
        while turn.load(Ordering::Acquire) == 1 {
            sched_yield()?;
        }
        Ok(())
    });
    Ok(Benches::one(Awake { awake, each }, partner))
}

/// Wakes the other side before a sample, and lets it sleep after it, when it would disturb other
/// rows.
struct Awake<F> {
    awake: Futex,
    each: Each<F>,
}

impl<F: FnMut() -> Result<()>> Bench for Awake<F> {
    fn run(&mut self, operations: u64, clock: &mut Clock) -> Result<()> {
        self.awake.set(1);
        // One round trip, which shows that it is awake.
        (self.each.0)()?;
        let done = self.each.run(operations, clock);
        self.awake.set(0);
        done
    }
}

/// Memory that a side walks over in its turn: atomic, as both sides may have the same, and relaxed,
/// as only one has its turn.
#[derive(Clone, Copy)]
struct WorkingSet(&'static [AtomicU8]);

impl WorkingSet {
    /// Lasts as long as the process; in a forked child it is another.
    fn private(bytes: usize) -> Self {
        let memory: Vec<AtomicU8> = (0..bytes).map(|_| AtomicU8::new(1)).collect();
        Self(memory.leak())
    }

    fn shared(bytes: usize) -> Result<Self> {
        let memory = shared_memory(bytes)?.cast();
        // SAFETY: so many bytes are mapped, all zeros, which an AtomicU8 may be, never unmapped, and
        // reached through these references alone.
        let memory: &[AtomicU8] = unsafe { slice::from_raw_parts(memory.as_ptr(), bytes) };
        for byte in memory {
            byte.store(1, Ordering::Relaxed);
        }
        Ok(Self(memory))
    }

    fn walk(&mut self) {
        for line in self.0.chunks(64) {
            let number = line[0].load(Ordering::Relaxed);
            line[0].store(number.wrapping_add(1), Ordering::Relaxed);
        }
        black_box(self.0);
    }
}

/// Two tasks of tokio's, which give way to each other in one thread.
fn tasks() -> Stand {
    stand_of_one(
        "switching/yield/tasks/one",
        "yield, tasks of tokio",
        "between two tasks of tokio's `current_thread` runtime: a number set, and \
         `tokio::task::yield_now` until the other task, which does the same, has set it back",
        Affinity::OneCpu,
        |_| {
            let runtime = Builder::new_current_thread().build()?;
            Ok(Benches::one(Tasks(runtime), None))
        },
    )
}

struct Tasks(Runtime);

impl Bench for Tasks {
    fn run(&mut self, operations: u64, clock: &mut Clock) -> Result<()> {
        let turn = Arc::new(AtomicU32::new(0));
        let side = |own: u32| {
            let turn = Arc::clone(&turn);
            async move {
                for _ in 0..operations {
                    while turn.load(Ordering::Relaxed) != own {
                        yield_now().await;
                    }
                    turn.store(1 - own, Ordering::Relaxed);
                }
            }
        };
        self.0.block_on(async {
            // They run when this task waits.
            let (one, other) = (spawn(side(0)), spawn(side(1)));
            clock.start()?;
            one.await?;
            other.await?;
            clock.stop()
        })
    }
}
