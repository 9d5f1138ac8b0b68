//! What an idle task costs in memory, and what the usual columns say it costs.

use std::fs::File;
use std::io::Read;
use std::iter;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc;
use nix::unistd::Pid;

use super::creation::static_program;
use crate::clock::Clock;
use crate::proc;
use crate::record::{Affinity, Unit};
use crate::stand::{Bench, Benches, Entry, Stand};
use crate::task::{end, fork_sleeper, pipe};

/// How many tasks are made before anything is measured. The kernel keeps some memory of tasks that
/// have ended, of the rows before too, and gives it to new ones: what these take would then be
/// missing. So these stay, and use it up.
const FIRST: usize = 1000;

/// How many are measured at once.
const STEP: usize = 100;

/// How often they are.
const TIMES: usize = 15;

/// How many there are at the end.
const TASKS: usize = FIRST + TIMES * STEP;

pub fn stands() -> Vec<Stand> {
    Task::ALL.into_iter().map(stand).collect()
}

fn stand(task: Task) -> Stand {
    let (name, label, what) = task.words();
    let entries = KINDS.map(|(kind_name, kind_label, kind_what)| Entry {
        id: format!("memory/{name}/{kind_name}"),
        label: format!("{label}: {kind_label}"),
        what: format!("{kind_what}, for each of {STEP} {what}, beside {FIRST} and more"),
        unit: Unit::Bytes,
    });
    Stand {
        affinity: Affinity::Free,
        entries: entries.into(),
        prepare: Box::new(move |_| {
            let found = task.measure()?;
            let benches = (0..KINDS.len()).map(|kind| -> Box<dyn Bench> {
                Box::new(Counted(found.iter().map(|values| values[kind]).collect()))
            });
            Ok(Benches::alone(benches.collect()))
        }),
        counts_calls: false,
        is_slow: false,
    }
}

struct Counted(Vec<f64>);

impl Bench for Counted {
    fn run(&mut self, _: u64, _: &mut Clock) -> Result<()> {
        Ok(())
    }

    fn values(&self) -> Option<Vec<f64>> {
        Some(self.0.clone())
    }
}

/// What is counted: in the row's id, in its label, and what exactly.
const KINDS: [(&str, &str, &str); 8] = [
    (
        "private",
        "private",
        "memory that no other process has (Private_Clean and Private_Dirty)",
    ),
    (
        "proportional",
        "proportional",
        "memory, a page of several processes divided among them (Pss)",
    ),
    (
        "kernel-stack",
        "kernel stack",
        "KernelStack of /proc/meminfo",
    ),
    ("page-tables", "page tables", "PageTables of /proc/meminfo"),
    (
        "slab",
        "slab",
        "Slab of /proc/meminfo, the kernel's own small objects",
    ),
    // The sum of what it adds to the memory in use.
    (
        "all",
        "in all",
        "what the process and the kernel need: private, kernel stack, page tables, slab",
    ),
    (
        "resident",
        "resident",
        "memory, a page counted anew in each process that has it (Rss)",
    ),
    ("virtual", "virtual", "addresses (VmSize)"),
];

/// Bytes of each kind, in the order of [`KINDS`].
type Values = [f64; KINDS.len()];

/// A task that does nothing.
#[derive(Clone, Copy)]
enum Task {
    Thread,
    Fork,
    Program,
}

impl Task {
    const ALL: [Self; 3] = [Self::Thread, Self::Fork, Self::Program];

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Thread => ("thread", "thread", "threads that wait"),
            Self::Fork => ("fork", "forked child", "forked children that wait"),
            Self::Program => (
                "program",
                "static program",
                "started static programs that wait",
            ),
        }
    }

    /// What each of the tasks adds, to the machine and to the processes that they are in.
    fn measure(self) -> Result<Vec<Values>> {
        await_grace_period()?;
        let mut crowd = Crowd::default();
        crowd.grow(self, FIRST)?;
        let mut found = Vec::new();
        let mut before = values(&crowd.children)?;
        for _ in 0..TIMES {
            crowd.grow(self, STEP)?;
            let after = values(&crowd.children)?;
            found.push(std::array::from_fn(|kind| {
                (after[kind] - before[kind]).max(0.0) / STEP as f64
            }));
            before = after;
        }
        Ok(found)
    }
}

/// Tasks that all wait, until this is dropped.
#[derive(Default)]
struct Crowd {
    children: Vec<Pid>,
    threads: Vec<JoinHandle<()>>,
    /// Closed while the threads are to wait.
    door: Arc<Door>,
}

#[derive(Default)]
struct Door {
    state: Mutex<DoorState>,
    opens: Condvar,
    /// Somebody has come to it.
    comes: Condvar,
}

#[derive(Default)]
struct DoorState {
    is_open: bool,
    /// How many have come to it.
    came: usize,
}

impl Crowd {
    /// Returns when so many more are there.
    fn grow(&mut self, task: Task, count: usize) -> Result<()> {
        let (mut reader, writer) = pipe()?;
        for _ in 0..count {
            let made = match task {
                Task::Thread => self.thread(),
                Task::Fork => fork_sleeper(&writer).map(|child| self.children.push(child)),
                Task::Program => self.program(&writer),
            };
            // Where one can't be made, the stand's process ends, and with it the others.
            made.with_context(|| {
                let made = self.children.len() + self.threads.len();
                format!("no more than {made} of {TASKS} tasks can be made here")
            })?;
        }
        match task {
            Task::Thread => {
                let state = self.door.state.lock().expect("nobody panics");
                let is_missing = |state: &mut DoorState| state.came < self.threads.len();
                drop(self.door.comes.wait_while(state, is_missing));
            }
            // Each writes a byte just before it waits.
            Task::Fork | Task::Program => reader.read_exact(&mut vec![0; count])?,
        }
        Ok(())
    }

    fn thread(&mut self) -> Result<()> {
        let door = Arc::clone(&self.door);
        self.threads.push(thread::Builder::new().spawn(move || {
            let mut state = door.state.lock().expect("nobody panics");
            state.came += 1;
            door.comes.notify_one();
            drop(door.opens.wait_while(state, |state| !state.is_open));
        })?);
        Ok(())
    }

    fn program(&mut self, writer: &File) -> Result<()> {
        let child = Command::new(static_program()?)
            .arg("wait")
            .stdout(writer.try_clone()?)
            .spawn()?;
        self.children.push(Pid::from_raw(child.id().cast_signed()));
        Ok(())
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.door.state.lock().expect("nobody panics").is_open = true;
        self.door.opens.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        for &child in &self.children {
            let _ = end(child);
        }
    }
}

/// Waits until the kernel may free what tasks that have ended still hold.
///
/// The kernel frees their structures only when nobody can be looking at them any more, and that is
/// what membarrier(2) waits for on its way: its `MEMBARRIER_CMD_GLOBAL` is synchronize_rcu().
fn await_grace_period() -> Result<()> {
    for _ in 0..2 {
        // SAFETY: membarrier(2) touches no memory.
        let done =
            unsafe { libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_GLOBAL, 0, 0) };
        match Errno::result(done) {
            // Without it the slab's figure may be too small.
            Ok(_) | Err(Errno::ENOSYS | Errno::EINVAL) => {}
            Err(errno) => return Err(errno).context("can't wait for a grace period"),
        }
    }
    Ok(())
}

/// What this process and the children have, and what the kernel has for all.
fn values(children: &[Pid]) -> Result<Values> {
    // No line where there is none, as for a kernel thread.
    let bytes = |text: &str, name| proc::bytes(text, name).unwrap_or_default() as f64;
    let (mut private, mut shared, mut resident, mut addresses) = (0.0, 0.0, 0.0, 0.0);
    let own = iter::once("self".to_owned());
    for process in own.chain(children.iter().map(Pid::to_string)) {
        let rollup = proc::read(&format!("/proc/{process}/smaps_rollup"))?;
        let status = proc::read(&format!("/proc/{process}/status"))?;
        private += bytes(&rollup, "Private_Clean") + bytes(&rollup, "Private_Dirty");
        shared += bytes(&rollup, "Pss");
        resident += bytes(&rollup, "Rss");
        addresses += bytes(&status, "VmSize");
    }
    let meminfo = proc::read("/proc/meminfo")?;
    let [stacks, tables, slab] =
        ["KernelStack", "PageTables", "Slab"].map(|name| bytes(&meminfo, name));
    let all = private + stacks + tables + slab;
    Ok([
        private, shared, stacks, tables, slab, all, resident, addresses,
    ])
}
