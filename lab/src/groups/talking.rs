//! Messages by every means, there and back or one way, between processes and between threads.

use std::hint;
use std::io::{self, Read, Write};
use std::mem::{self, MaybeUninit};
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::libc;

use super::stand_of_one;
use crate::clock::Clock;
use crate::record::Affinity;
use crate::stand::{Bench, Benches, Stand};
use crate::task::{Cpus, Futex, Who, pipe, shared_memory, shared_numbers, start_other};

/// The sizes of messages, in bytes.
const SIZES: [usize; 4] = [8, 4 << 10, 64 << 10, 1 << 20];

/// The capacity of a pipe by default (pipe(7)), and of what we compare with it.
const CAPACITY: usize = 64 << 10;

/// How many messages of a channel may wait.
const PLACES: usize = 64;

pub fn stands() -> Vec<Stand> {
    let mut stands = Vec::new();
    for means in Means::ALL {
        for who in Who::BOTH {
            if means == Means::Channel && who == Who::Processes {
                continue;
            }
            for size in SIZES {
                for (direction, affinity) in means.manners() {
                    stands.push(stand(*direction, means, who, *affinity, size));
                }
            }
        }
    }
    // Those that a person compares stand side by side.
    stands.sort_by_key(|stand| stand.entries[0].id.split('/').nth(1) == Some("throughput"));
    stands
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    RoundTrip,
    Throughput,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    Pipe,
    Socket,
    Ring,
    /// The ring, whose sides look again and again instead of sleeping.
    Spin,
    Channel,
    Condvar,
}

impl Means {
    const ALL: [Self; 6] = [
        Self::Pipe,
        Self::Socket,
        Self::Ring,
        Self::Spin,
        Self::Channel,
        Self::Condvar,
    ];

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Pipe => ("pipe", "pipe", "by pipes"),
            Self::Socket => (
                "socket",
                "Unix socket",
                "each way by a pair of connected Unix stream sockets",
            ),
            Self::Ring => (
                "ring",
                "shared memory",
                "each way by a ring of 64 KiB in shared memory, into which it is copied and out of which it \
                 is copied; who must wait sleeps by futex(2)",
            ),
            Self::Spin => (
                "spin",
                "shared memory, spinning",
                "each way by a ring of 64 KiB in shared memory, into which it is copied and out of which it \
                 is copied; who must wait looks again and again",
            ),
            Self::Channel => (
                "channel",
                "channel",
                "by `std::sync::mpsc::sync_channel` of 64 places, as a `Vec` that is moved; one way, a \
                 new one is allocated and filled for each",
            ),
            Self::Condvar => (
                "condvar",
                "condition variable",
                "by a buffer for one message in shared memory, under a POSIX mutex with condition \
                 variables",
            ),
        }
    }

    fn manners(self) -> &'static [(Direction, Affinity)] {
        match self {
            // On one CPU a side that spins keeps the other from going on.
            Self::Spin => &[
                (Direction::RoundTrip, Affinity::TwoCpus),
                (Direction::Throughput, Affinity::TwoCpus),
            ],
            _ => &[
                (Direction::RoundTrip, Affinity::OneCpu),
                (Direction::Throughput, Affinity::OneCpu),
                (Direction::Throughput, Affinity::TwoCpus),
            ],
        }
    }
}

fn stand(direction: Direction, means: Means, who: Who, affinity: Affinity, size: usize) -> Stand {
    let (name, label, by) = means.words();
    let who_name = who.name();
    let where_ = if affinity == Affinity::OneCpu {
        "one"
    } else {
        "two"
    };
    let size_name = match size {
        8 => "8 B",
        4096 => "4 KiB",
        65536 => "64 KiB",
        _ => "1 MiB",
    };
    let (way, way_label, what) = match direction {
        Direction::RoundTrip => (
            "round-trip",
            "round trip",
            format!("a message of {size_name} to the other side and one back"),
        ),
        Direction::Throughput => (
            "throughput",
            "one way",
            format!("a message of {size_name} to the other side, one of many without an answer"),
        ),
    };
    stand_of_one(
        format!("talking/{way}/{name}/{who_name}/{where_}/{size}"),
        format!("{way_label}, {size_name}, {label}, {who_name}"),
        format!("between two {who_name}: {what}, {by}"),
        affinity,
        move |cpus| match means {
            Means::Pipe => talk(direction, who, cpus, size, || {
                let (reader, writer) = pipe()?;
                Ok((Bytes(writer), Bytes(reader)))
            }),
            Means::Socket => talk(direction, who, cpus, size, || {
                let (one, other) = UnixStream::pair().context("can't make a socket pair")?;
                Ok((Bytes(one), Bytes(other)))
            }),
            Means::Ring | Means::Spin => talk(direction, who, cpus, size, || {
                let ring = Ring::new(who, means == Means::Spin)?;
                Ok((Bytes(ring), Bytes(ring)))
            }),
            Means::Condvar => talk(direction, who, cpus, size, || {
                let slot = Slot::new(who, size)?;
                Ok((Bytes(slot), Bytes(slot)))
            }),
            Means::Channel => talk(direction, who, cpus, size, || {
                let (sender, receiver) = sync_channel(PLACES);
                Ok((Sends(sender), Receives(receiver)))
            }),
        },
    )
}

/// How a message gets away.
trait Put: Send + 'static {
    fn put(&mut self, message: &mut Vec<u8>) -> Result<()>;
}

/// How a message comes in.
trait Get: Send + 'static {
    fn get(&mut self, message: &mut Vec<u8>) -> Result<()>;
}

/// A line that carries bytes: the message is copied in, and copied out.
struct Bytes<L>(L);

impl<L: Write + Send + 'static> Put for Bytes<L> {
    fn put(&mut self, message: &mut Vec<u8>) -> Result<()> {
        self.0.write_all(message).context("can't send")
    }
}

impl<L: Read + Send + 'static> Get for Bytes<L> {
    fn get(&mut self, message: &mut Vec<u8>) -> Result<()> {
        self.0.read_exact(message).context("can't receive")
    }
}

/// The ends of a channel: the message itself moves.
struct Sends(SyncSender<Vec<u8>>);
struct Receives(Receiver<Vec<u8>>);

impl Put for Sends {
    fn put(&mut self, message: &mut Vec<u8>) -> Result<()> {
        self.0.send(mem::take(message)).context("can't send")
    }
}

impl Get for Receives {
    fn get(&mut self, message: &mut Vec<u8>) -> Result<()> {
        *message = self.0.recv().context("can't receive")?;
        Ok(())
    }
}

/// Two sides that talk by lines of one kind.
fn talk<P: Put, G: Get>(
    direction: Direction,
    who: Who,
    cpus: Cpus,
    size: usize,
    line: impl Fn() -> Result<(P, G)>,
) -> Result<Benches> {
    let (put, mut hear) = line()?;
    let (mut answer, get) = line()?;
    let [expected] = shared_numbers()?;
    let expected = Futex::new(expected, who);
    let mut message = vec![1; size];
    let partner = start_other(who, cpus, move || {
        // Between samples this side sleeps, also where it spins otherwise.
        let mut count = expected.number.load(Ordering::Acquire);
        while count == 0 {
            expected.wait(0);
            count = expected.number.load(Ordering::Acquire);
        }
        for _ in 0..count {
            hear.get(&mut message)?;
            if direction == Direction::RoundTrip {
                answer.put(&mut message)?;
            }
        }
        expected.set(0);
        Ok(())
    })?;
    let talk = Talk {
        direction,
        expected,
        put,
        get,
        original: vec![1; size],
        message: vec![1; size],
    };
    Ok(Benches::one(talk, partner))
}

struct Talk<P, G> {
    direction: Direction,
    /// How many messages the other side is to receive; 0 once it has.
    expected: Futex,
    put: P,
    get: G,
    original: Vec<u8>,
    message: Vec<u8>,
}

impl<P: Put, G: Get> Talk<P, G> {
    fn once(&mut self) -> Result<()> {
        if self.message.is_empty() {
            // It has moved away: a new one is made.
            self.message = self.original.clone();
        }
        self.put.put(&mut self.message)?;
        if self.direction == Direction::RoundTrip {
            self.get.get(&mut self.message)?;
        }
        Ok(())
    }
}

impl<P: Put, G: Get> Bench for Talk<P, G> {
    fn run(&mut self, operations: u64, clock: &mut Clock) -> Result<()> {
        self.expected.set(u32::try_from(operations + 1)?);
        // The first one wakes the other side.
        self.once()?;
        clock.start()?;
        for _ in 0..operations {
            self.once()?;
        }
        if self.direction == Direction::Throughput {
            // Sent isn't received.
            self.expected.wait_for(0);
        }
        clock.stop()?;
        self.expected.wait_for(0);
        Ok(())
    }
}

/// A ring buffer in shared memory, with one side that writes and one that reads.
#[derive(Clone, Copy)]
struct Ring {
    /// How many bytes were ever written, and read, modulo 2^32.
    written: &'static AtomicU32,
    read: &'static AtomicU32,
    /// 1 while the side sleeps, or is about to: what it sleeps on.
    reader_sleeps: Futex,
    writer_sleeps: Futex,
    data: NonNull<u8>,
    spins: bool,
}

// SAFETY: all that it points to is shared memory that is never unmapped. Its two sides touch
// different bytes of `data`: the writer those that are free, the reader those that are written.
unsafe impl Send for Ring {}

impl Ring {
    fn new(who: Who, spins: bool) -> Result<Self> {
        let [written, read, reader_sleeps, writer_sleeps] = shared_numbers()?;
        Ok(Self {
            written,
            read,
            reader_sleeps: Futex::new(reader_sleeps, who),
            writer_sleeps: Futex::new(writer_sleeps, who),
            data: shared_memory(CAPACITY)?,
            spins,
        })
    }

    /// Waits until `number` is no longer `seen`, which the other side will see to. May return early.
    fn wait(&self, number: &AtomicU32, seen: u32, sleeps: Futex) {
        if self.spins {
            hint::spin_loop();
            return;
        }
        // The other side stores the number and then looks at `sleeps`; this side the other way
        // round. With SeqCst one of the two sees the other's store. And who takes back the 1
        // either finds a sleeper to wake, or keeps this side from falling asleep: the kernel
        // compares once more. So no wake-up is missed.
        sleeps.number.store(1, Ordering::SeqCst);
        if number.load(Ordering::SeqCst) == seen {
            sleeps.wait(1);
        }
        sleeps.number.store(0, Ordering::SeqCst);
    }

    fn advance(number: &AtomicU32, to: u32, sleeps: Futex) {
        number.store(to, Ordering::SeqCst);
        // Reading is cheaper than swapping, and most often nobody sleeps.
        if sleeps.number.load(Ordering::SeqCst) == 1 && sleeps.number.swap(0, Ordering::SeqCst) == 1
        {
            sleeps.wake();
        }
    }

    /// The bytes from `position` on, no more than `most` and not beyond the ring's end.
    fn part(position: u32, most: usize) -> Range<usize> {
        let start = position as usize % CAPACITY;
        start..(start + most).min(CAPACITY)
    }
}

impl Write for Ring {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.written.load(Ordering::Relaxed);
        loop {
            let read = self.read.load(Ordering::Acquire);
            let free = CAPACITY - written.wrapping_sub(read) as usize;
            if free == 0 {
                self.wait(self.read, read, self.writer_sleeps);
                continue;
            }
            let part = Self::part(written, free.min(bytes.len()));
            let count = part.len();
            // SAFETY: the part is free, so the other side doesn't touch it, and lies in the ring.
            unsafe {
                let to = self.data.add(part.start).as_ptr();
                ptr::copy_nonoverlapping(bytes.as_ptr(), to, count);
            }
            let to = written.wrapping_add(count as u32);
            Self::advance(self.written, to, self.reader_sleeps);
            return Ok(count);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Ring {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.read.load(Ordering::Relaxed);
        loop {
            let written = self.written.load(Ordering::Acquire);
            let full = written.wrapping_sub(read) as usize;
            if full == 0 {
                self.wait(self.written, written, self.reader_sleeps);
                continue;
            }
            let part = Self::part(read, full.min(bytes.len()));
            let count = part.len();
            // SAFETY: the part was written, so the other side doesn't touch it until it is read,
            // and lies in the ring.
            unsafe {
                let from = self.data.add(part.start).as_ptr();
                ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), count);
            }
            let to = read.wrapping_add(count as u32);
            Self::advance(self.read, to, self.writer_sleeps);
            return Ok(count);
        }
    }
}

/// A buffer for one message in shared memory, under a POSIX mutex.
#[derive(Clone, Copy)]
struct Slot {
    state: NonNull<State>,
    message: NonNull<u8>,
}

struct State {
    mutex: libc::pthread_mutex_t,
    filled: libc::pthread_cond_t,
    emptied: libc::pthread_cond_t,
    is_full: bool,
}

// SAFETY: all that it points to is shared memory that is never unmapped, and is touched under the
// mutex alone.
unsafe impl Send for Slot {}

impl Slot {
    fn new(who: Who, size: usize) -> Result<Self> {
        let state = shared_memory(mem::size_of::<State>())?.cast::<State>();
        let shared = if who.are_processes() {
            libc::PTHREAD_PROCESS_SHARED
        } else {
            libc::PTHREAD_PROCESS_PRIVATE
        };
        let mut mutex = MaybeUninit::uninit();
        let mut condition = MaybeUninit::uninit();
        // SAFETY: each attribute is initialised before it is used, and the mutex and the conditions
        // lie in zeroed memory, large enough and aligned to a page, that nobody uses yet. `false`
        // is a zero.
        let errors = unsafe {
            let state = state.as_ptr();
            [
                libc::pthread_mutexattr_init(mutex.as_mut_ptr()),
                libc::pthread_mutexattr_setpshared(mutex.as_mut_ptr(), shared),
                libc::pthread_mutex_init(&raw mut (*state).mutex, mutex.as_ptr()),
                libc::pthread_condattr_init(condition.as_mut_ptr()),
                libc::pthread_condattr_setpshared(condition.as_mut_ptr(), shared),
                libc::pthread_cond_init(&raw mut (*state).filled, condition.as_ptr()),
                libc::pthread_cond_init(&raw mut (*state).emptied, condition.as_ptr()),
            ]
        };
        if let Some(error) = errors.into_iter().find(|&error| error != 0) {
            bail!("can't make a shared lock: {}", Errno::from_raw(error));
        }
        Ok(Self {
            state,
            message: shared_memory(size)?,
        })
    }

    /// Waits until the slot is full, or until it is empty, then has `copy` done and tells the other
    /// side.
    fn turn(&self, when_full: bool, copy: impl FnOnce(*mut u8)) {
        let state = self.state.as_ptr();
        // SAFETY: mutex and conditions were initialised, this thread holds the mutex from lock to
        // unlock (a wait gives it back in between), and touches `is_full` and the message only then.
        unsafe {
            let (mutex, filled, emptied) = (
                &raw mut (*state).mutex,
                &raw mut (*state).filled,
                &raw mut (*state).emptied,
            );
            let (awaited, told) = if when_full {
                (filled, emptied)
            } else {
                (emptied, filled)
            };
            libc::pthread_mutex_lock(mutex);
            while (&raw const (*state).is_full).read() != when_full {
                libc::pthread_cond_wait(awaited, mutex);
            }
            copy(self.message.as_ptr());
            (*state).is_full = !when_full;
            // Unlocked first: who is woken would only wait for the mutex.
            libc::pthread_mutex_unlock(mutex);
            libc::pthread_cond_signal(told);
        }
    }
}

impl Write for Slot {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn(false, |message| {
            // SAFETY: the slot is as long as each message, and this thread has its lock.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), message, bytes.len()) }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Slot {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.turn(true, |message| {
            // SAFETY: the slot is as long as each message, and this thread has its lock.
            unsafe { ptr::copy_nonoverlapping(message, bytes.as_mut_ptr(), bytes.len()) }
        });
        Ok(bytes.len())
    }
}
