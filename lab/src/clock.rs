//! The clock of a row: how long its operations took, and what the kernel counted meanwhile.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::signal::Signal;
use nix::sys::time::TimeVal;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::proc::read;
use crate::record::Affinity;

/// Started before the operations that count and stopped after them, as often as a sample needs.
pub struct Clock {
    affinity: Affinity,
    /// Processes that take part and outlive the sample.
    partners: Vec<Pid>,
    /// Instead of reading anything, tells the tracer by a signal where counting begins and ends.
    is_traced: bool,
    started: Option<(Counters, Instant)>,
    reading: Reading,
}

/// What a clock shows after a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub elapsed: Duration,
    /// Time that others took from the row: see [`Clock`]'s `stop`.
    pub taken: Duration,
    /// Context switches of all tasks of the row.
    pub switches: u64,
    /// Page faults of all tasks of the row.
    pub faults: u64,
}

/// The signals by which a traced row says that counting begins, and that it ends.
pub const BEGIN: Signal = Signal::SIGUSR1;
pub const END: Signal = Signal::SIGUSR2;

impl Clock {
    pub fn new(affinity: Affinity, partners: Vec<Pid>) -> Self {
        Self {
            affinity,
            partners,
            is_traced: false,
            started: None,
            reading: Reading::default(),
        }
    }

    /// One that measures nothing, for a process whose system calls are being counted.
    pub fn traced() -> Self {
        Self {
            is_traced: true,
            ..Self::new(Affinity::Free, Vec::new())
        }
    }

    /// # Errors
    /// A counter that can't be read.
    pub fn start(&mut self) -> Result<()> {
        if self.is_traced {
            return mark(BEGIN);
        }
        let mut counters = self.counters()?;
        // Next to the wall clock, with which it is compared.
        counters.processor += own_processor_time()?;
        self.started = Some((counters, Instant::now()));
        Ok(())
    }

    /// Adds what has happened since the start.
    ///
    /// What others took of the CPU is known in nanoseconds only from the row's own side. On one
    /// CPU some task of the row could always run, so it is the time in which none did: wall-clock
    /// time less the row's own processor time. With a CPU each, a task of the row waits for a CPU
    /// only while somebody else has it, and the kernel adds up that waiting
    /// (`/proc/PID/schedstat`; the kernel's documentation, "Scheduler Statistics"). Tasks that are
    /// free may do either, so the smaller of the two counts.
    ///
    /// # Errors
    /// A counter that can't be read.
    pub fn stop(&mut self) -> Result<()> {
        if self.is_traced {
            return mark(END);
        }
        let now = Instant::now();
        let own = own_processor_time()?;
        let mut end = self.counters()?;
        end.processor += own;
        let (start, then) = self.started.take().context("a clock that was started")?;
        let elapsed = now - then;
        self.reading.elapsed += elapsed;
        let unused = elapsed.saturating_sub(end.processor.saturating_sub(start.processor));
        let waited = end.waited.saturating_sub(start.waited);
        self.reading.taken += match self.affinity {
            Affinity::OneCpu => unused,
            Affinity::TwoCpus => waited,
            Affinity::Free => unused.min(waited),
        };
        self.reading.switches += end.switches.saturating_sub(start.switches);
        self.reading.faults += end.faults.saturating_sub(start.faults);
        Ok(())
    }

    /// What was measured since the last call.
    pub fn take(&mut self) -> Reading {
        std::mem::take(&mut self.reading)
    }

    /// All but this process's own processor time.
    fn counters(&self) -> Result<Counters> {
        let mut sum = Counters::default();
        for &partner in &self.partners {
            sum.add_process(partner)?;
        }
        if self.affinity != Affinity::OneCpu {
            sum.waited += waited_by_this_process()?;
        }
        let (own, children) = (
            getrusage(UsageWho::RUSAGE_SELF)?,
            getrusage(UsageWho::RUSAGE_CHILDREN)?,
        );
        for usage in [&own, &children] {
            sum.switches += count(usage.voluntary_context_switches());
            sum.switches += count(usage.involuntary_context_switches());
            sum.faults += count(usage.minor_page_faults()) + count(usage.major_page_faults());
        }
        sum.processor += processor_time(&children);
        Ok(sum)
    }
}

/// Sums over all tasks of a row since they began.
#[derive(Default)]
struct Counters {
    /// On a CPU.
    processor: Duration,
    /// Ready to run, and not on a CPU.
    waited: Duration,
    switches: u64,
    faults: u64,
}

impl Counters {
    /// Adds a process that lives and has one thread.
    fn add_process(&mut self, pid: Pid) -> Result<()> {
        let (processor, waited) = schedstat(&format!("/proc/{pid}/schedstat"))?;
        self.processor += processor;
        self.waited += waited;
        let status = read(&format!("/proc/{pid}/status"))?;
        self.switches += status
            .lines()
            .filter_map(|line| line.split_once("ctxt_switches:"))
            .filter_map(|(_, count)| count.trim().parse::<u64>().ok())
            .sum::<u64>();
        // Minor faults are the eighth field behind the name, major faults the tenth: proc_pid_stat(5).
        let stat = read(&format!("/proc/{pid}/stat"))?;
        let behind_name = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = behind_name.split_whitespace().collect();
        self.faults += [7, 9]
            .iter()
            .filter_map(|&index| fields.get(index)?.parse::<u64>().ok())
            .sum::<u64>();
        Ok(())
    }
}

/// In nanoseconds, where getrusage(2) gives microseconds.
fn own_processor_time() -> Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into())
}

fn waited_by_this_process() -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for task in fs::read_dir("/proc/self/task").context("can't list /proc/self/task")? {
        let file = task?.path().join("schedstat");
        sum += schedstat(&file.to_string_lossy())?.1;
    }
    Ok(sum)
}

/// Time on a CPU, and time waiting for one.
fn schedstat(file: &str) -> Result<(Duration, Duration)> {
    let text = read(file)?;
    let mut times = text
        .split_whitespace()
        .map_while(|time| Some(Duration::from_nanos(time.parse().ok()?)));
    times
        .next()
        .zip(times.next())
        .with_context(|| format!("{file} says {text:?}"))
}

fn processor_time(usage: &Usage) -> Duration {
    let time = |time: TimeVal| {
        Duration::from_secs(count(time.tv_sec())) + Duration::from_micros(count(time.tv_usec()))
    };
    time(usage.user_time()) + time(usage.system_time())
}

/// The kernel's counters are signed in C, and never negative.
fn count(number: i64) -> u64 {
    number.unsigned_abs()
}

/// Stops this process with a signal that only its tracer sees.
///
/// By one system call, which the tracer knows and leaves out.
fn mark(signal: Signal) -> Result<()> {
    let pid = Pid::this().as_raw();
    // SAFETY: tgkill(2) touches no memory. The first thread's number is the process's.
    Errno::result(unsafe { libc::syscall(libc::SYS_tgkill, pid, pid, signal as i32) })?;
    Ok(())
}
