//! Each listing where its environment refuses something: it is right, or says `Not here: REASON`, or
//! ends with an error that names the cause; and it leaves nothing behind. One test each, named after
//! the environment.
//!
//! ```console
//! $ cargo test --test environments refused-calls
//! $ cargo test --test environments -- --include-ignored
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};
use std::{mem, ptr, thread};

use anyhow::{Context, Result};
use book::problem::{Problem, Problems};
use book::programs::descendants;
use book::programs::{self, Ending, Kind, LIMIT, Program, Run, check_run, not_here, run};
use nix::errno::Errno;
use nix::libc::{self, c_long, c_ulong};
use nix::sched::{CloneFlags, CpuSet, sched_getaffinity, sched_setaffinity, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, SigSet, Signal, killpg, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, pipe};
use tests::refusal::{self, CREATIONS, Call, Judge, run_judged};
use tests::{PROJECT, one_at_a_time, trial};

static EXECUTABLES: LazyLock<Result<BTreeMap<String, PathBuf>, String>> =
    LazyLock::new(|| programs::build(&PROJECT).map_err(|error| format!("{error:#}")));

/// Of the environments that were tried, in this order.
static ROWS: Mutex<Vec<Row>> = Mutex::new(Vec::new());

/// What was special about each run, and the run.
type Runs = Vec<(String, Run)>;

struct Environment {
    name: &'static str,
    bar: Bar,
    /// Why it can't be made here, if so.
    missing: fn() -> Option<String>,
    /// Runs a program there, perhaps several times.
    runs: fn(&Path) -> Result<Runs>,
}

/// What a run must come to.
enum Bar {
    /// What was recorded, or `Not here`.
    Right,
    /// That, or an error that names the cause by one of these.
    OrCause(&'static [&'static str]),
    /// Any end.
    AnyEnd,
}

/// Those that `cargo test` tries.
const QUICK: &[Environment] = &[
    Environment {
        name: "refused-calls",
        bar: Bar::Right,
        missing: refusal::missing,
        runs: without_each_refused_call,
    },
    Environment {
        name: "started-with-sigchld-ignored",
        bar: Bar::Right,
        missing: || None,
        runs: |program| {
            // SAFETY: it is no handler, which could do what a handler must not.
            unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
            once(run(program, LIMIT))
        },
    },
    Environment {
        name: "started-with-signals-blocked",
        bar: Bar::Right,
        missing: || None,
        runs: |program| {
            let before = SigSet::thread_get_mask()?;
            SigSet::all().thread_block()?;
            let run = run(program, LIMIT);
            before.thread_set_mask()?;
            once(run)
        },
    },
    Environment {
        name: "64-mib-of-addresses",
        bar: Bar::OrCause(&[
            "memory allocation of",
            "annot allocate memory",
            "Out of memory",
            "ENOMEM",
            // So pthread_create says it.
            "Resource temporarily unavailable",
        ]),
        missing: || None,
        runs: |program| limited(program, Resource::RLIMIT_AS, 64 << 20),
    },
    Environment {
        name: "proc-read-only",
        bar: Bar::Right,
        missing: no_namespace,
        runs: |program| {
            with_mounts(program, || {
                let again = libc::MS_REMOUNT | libc::MS_RDONLY;
                mount(c"/proc", libc::MS_BIND)?;
                mount(c"/proc", libc::MS_BIND | again)
            })
        },
    },
    Environment {
        name: "proc-hidden",
        bar: Bar::OrCause(&["No such file", "ENOENT", "/proc"]),
        missing: no_namespace,
        runs: |program| with_mounts(program, || mount(c"tmpfs", 0)),
    },
];

/// Those that a weekly run tries, too.
const LONG: &[Environment] = &[
    Environment {
        name: "sigchld-ignored",
        bar: Bar::OrCause(&["No child processes", "ECHILD"]),
        missing: || None,
        runs: |program| {
            changed(program, || {
                // SAFETY: as above.
                unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
                Ok(())
            })
        },
    },
    Environment {
        name: "signals-blocked",
        // Who blocks the signal of a fault is killed by it, and no handler of std's tells of it.
        bar: Bar::OrCause(&["SIGSEGV", "has overflowed its stack", "File too large"]),
        missing: || None,
        runs: |program| changed(program, || Ok(SigSet::all().thread_block()?)),
    },
    Environment {
        name: "full-device",
        bar: Bar::OrCause(&["No space left on device", "ENOSPC"]),
        missing: || None,
        runs: |program| {
            let full = File::create("/dev/full")?;
            to_the_end(program, |command| {
                command.stdout(full);
            })
        },
    },
    Environment {
        name: "closed-reader",
        bar: Bar::OrCause(&["Broken pipe", "EPIPE"]),
        missing: || None,
        runs: |program| {
            let (reader, writer) = pipe()?;
            drop(reader);
            to_the_end(program, |command| {
                command.stdout(writer);
            })
        },
    },
    Environment {
        name: "5-descriptors",
        // The last is how a shell says that it has no number left.
        bar: Bar::OrCause(&["Too many open files", "EMFILE", "Invalid argument"]),
        missing: || None,
        runs: |program| limited(program, Resource::RLIMIT_NOFILE, 5),
    },
    Environment {
        name: "1-process",
        bar: NO_MORE,
        missing: refusal::missing,
        runs: |program| with_processes(program, 1),
    },
    Environment {
        name: "2-processes",
        bar: NO_MORE,
        missing: refusal::missing,
        runs: |program| with_processes(program, 2),
    },
    Environment {
        name: "3-processes",
        bar: NO_MORE,
        missing: refusal::missing,
        runs: |program| with_processes(program, 3),
    },
    Environment {
        name: "one-processor",
        bar: Bar::Right,
        missing: || None,
        runs: |program| {
            changed(program, || {
                let all = sched_getaffinity(Pid::from_raw(0))?;
                let first = (0..CpuSet::count()).find(|&cpu| all.is_set(cpu) == Ok(true));
                let mut one = CpuSet::new();
                one.set(first.expect("it runs on one"))?;
                Ok(sched_setaffinity(Pid::from_raw(0), &one)?)
            })
        },
    },
    Environment {
        name: "offline",
        bar: Bar::Right,
        missing: no_namespace,
        runs: |program| {
            changed(program, || {
                unshare(CloneFlags::CLONE_NEWNET)?;
                loopback_up()
            })
        },
    },
    Environment {
        name: "ctrl-c",
        bar: Bar::AnyEnd,
        missing: || None,
        runs: interrupted,
    },
];

const NO_MORE: Bar = Bar::OrCause(&["Resource temporarily unavailable", "EAGAIN", "Cannot fork"]);

/// What became of the runs in an environment.
#[derive(Default)]
struct Row {
    name: &'static str,
    right: usize,
    /// By the listing's own word: its name, and what it said.
    not_here: BTreeSet<String>,
    /// With an error that named the cause.
    told: usize,
    red: usize,
    /// Why nothing was tried.
    skipped: Option<String>,
}

fn main() -> ExitCode {
    let arguments = one_at_a_time();
    let trial =
        |environment: &'static Environment| trial(environment.name, move || is_borne(environment));
    // Who names one means it.
    let is_named = |name| arguments.filter.as_deref() == Some(name);
    let mut trials: Vec<_> = QUICK.iter().map(trial).collect();
    trials.extend(
        LONG.iter()
            .map(|environment| trial(environment).with_ignored_flag(!is_named(environment.name))),
    );
    let code = tests::run(&arguments, trials);
    summarise(&ROWS.lock().expect("no panic"));
    code
}

fn summarise(rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    println!("{:<30} right  Not here  told why  red", "runs");
    for row in rows {
        match &row.skipped {
            Some(why) => println!("{:<30} skipped: {why}", row.name),
            None => println!(
                "{:<30} {:>5}  {:>8}  {:>8}  {:>3}",
                row.name,
                row.right,
                row.not_here.len(),
                row.told,
                row.red
            ),
        }
        for what in &row.not_here {
            println!("  {what}");
        }
    }
}

fn is_borne(environment: &'static Environment) -> Result<()> {
    let mut row = Row {
        name: environment.name,
        ..Row::default()
    };
    row.skipped = (environment.missing)();
    let problems = match row.skipped {
        None => try_all(environment, &mut row)?,
        Some(_) => Vec::new(),
    };
    ROWS.lock().expect("no panic").push(row);
    Ok(Problems::check(problems)?)
}

fn try_all(environment: &Environment, row: &mut Row) -> Result<Vec<Problem>> {
    let executables = EXECUTABLES.as_ref().map_err(anyhow::Error::msg)?;
    let mut problems = Vec::new();
    let programs = Program::all(&PROJECT)?;
    for program in programs.iter().filter(|it| it.kind == Kind::Listing) {
        for (special, run) in (environment.runs)(&executables[&program.name])? {
            let found = faults(environment, program, &run)?;
            if let Some(what) = found {
                row.red += 1;
                let message = format!("in {}{special}, {what}", environment.name);
                problems.push(Problem::new(&program.file, 1, message));
            } else if let Some(why) = not_here(&run.stdout) {
                row.not_here
                    .insert(format!("{}{special}: {why}", program.name));
            } else if run.ending == Ending::Exited(0) {
                row.right += 1;
            } else {
                row.told += 1;
            }
        }
    }
    Ok(problems)
}

/// What is wrong with a run.
fn faults(environment: &Environment, program: &Program, run: &Run) -> Result<Option<String>> {
    if let Ending::Overran(_) = run.ending {
        let said = run.stdout.trim_end();
        return Ok(Some(format!("it hung; it had printed:\n{said}")));
    }
    if !run.left.is_empty() {
        return Ok(Some(format!("it left behind {}", run.left.join(", "))));
    }
    let wrong = Problems(check_run(&PROJECT, program, run)?.problems).to_string();
    let may_be = match environment.bar {
        Bar::Right => false,
        Bar::OrCause(causes) => causes.iter().any(|cause| wrong.contains(cause)),
        Bar::AnyEnd => true,
    };
    Ok((!wrong.is_empty() && !may_be).then_some(wrong))
}

fn once(run: Result<Run>) -> Result<Runs> {
    Ok(vec![(String::new(), run?)])
}

/// Runs a program whose process, before it becomes the program, is changed.
fn changed(
    program: &Path,
    change: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
) -> Result<Runs> {
    to_the_end(program, |command| {
        // SAFETY: each change makes system calls alone, and allocates nothing.
        unsafe { command.pre_exec(change) };
    })
}

fn limited(program: &Path, resource: Resource, limit: u64) -> Result<Runs> {
    changed(program, move || Ok(setrlimit(resource, limit, limit)?))
}

/// Why the kernel or the container allows no namespaces of one's own, if so.
fn no_namespace() -> Option<String> {
    let new = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET;
    let error = changed(Path::new("/bin/true"), move || Ok(unshare(new)?)).err()?;
    Some(format!("it needs namespaces of its own; {error:#}"))
}

/// In a mount namespace of its own.
fn with_mounts(program: &Path, change: fn() -> io::Result<()>) -> Result<Runs> {
    changed(program, move || {
        unshare(CloneFlags::CLONE_NEWNS)?;
        // What is mounted in it is seen in no other.
        let (root, private) = (c"/".as_ptr(), libc::MS_REC | libc::MS_PRIVATE);
        // SAFETY: the strings live during the call; null stands for what isn't given.
        let done = unsafe { libc::mount(ptr::null(), root, ptr::null(), private, ptr::null()) };
        Errno::result(done)?;
        change()
    })
}

/// Mounts something over /proc.
fn mount(what: &CStr, flags: c_ulong) -> io::Result<()> {
    let (what, kind, place) = (what.as_ptr(), c"tmpfs".as_ptr(), c"/proc".as_ptr());
    // SAFETY: the strings live during the call.
    let done = unsafe { libc::mount(what, place, kind, flags, ptr::null()) };
    Errno::result(done)?;
    Ok(())
}

/// In a new network namespace there is only the loopback, and it is down.
fn loopback_up() -> io::Result<()> {
    // SAFETY: a struct of integers; socket and ioctl read it while it lives.
    unsafe {
        let socket = Errno::result(libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0))?;
        let mut request: libc::ifreq = mem::zeroed();
        request.ifr_name[..2].copy_from_slice(&[b'l'.cast_signed(), b'o'.cast_signed()]);
        request.ifr_ifru.ifru_flags = libc::IFF_UP as i16;
        let done = Errno::result(libc::ioctl(socket, libc::SIOCSIFFLAGS, &raw const request));
        libc::close(socket);
        done?;
    }
    Ok(())
}

/// System calls that containers refuse, of those that a program without privileges may make: those of
/// Docker's default profile (docs.docker.com/engine/security/seccomp), which allows some of them by
/// the kernel's or the runtime's version; io_uring's; and those that need a capability for more than
/// the default (sched_setscheduler(2)).
const REFUSED: &[(&str, c_long)] = &[
    ("add_key", libc::SYS_add_key),
    ("bpf", libc::SYS_bpf),
    // With a new namespace.
    ("clone", libc::SYS_clone),
    ("clone3", libc::SYS_clone3),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("kcmp", libc::SYS_kcmp),
    ("keyctl", libc::SYS_keyctl),
    ("mount", libc::SYS_mount),
    ("move_pages", libc::SYS_move_pages),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("personality", libc::SYS_personality),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("ptrace", libc::SYS_ptrace),
    ("sched_setattr", libc::SYS_sched_setattr),
    ("sched_setscheduler", libc::SYS_sched_setscheduler),
    ("setns", libc::SYS_setns),
    ("unshare", libc::SYS_unshare),
    ("userfaultfd", libc::SYS_userfaultfd),
];

const NAMESPACES: u64 = (libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWUTS) as u64;

/// Refuses one of them, and `clone3` always: Docker answers it with `ENOSYS`, so that the C library
/// takes `clone`, whose flags a filter can see. Another errno would be the end of all threads, with
/// glibc from 2.34 on.
#[derive(Default)]
struct Refused {
    one: Option<(c_long, Errno)>,
    /// All that were called.
    called: BTreeSet<c_long>,
}

impl Judge for Refused {
    fn refuses(&mut self, call: &Call) -> Option<Errno> {
        if call.number == libc::SYS_clone && call.arguments[0] & NAMESPACES == 0 {
            return None;
        }
        if call.number == libc::SYS_clone3 {
            return Some(Errno::ENOSYS);
        }
        self.called.insert(call.number);
        let (number, errno) = self.one?;
        (number == call.number).then_some(errno)
    }
}

fn without_each_refused_call(program: &Path) -> Result<Runs> {
    let numbers: Vec<_> = REFUSED.iter().map(|&(_, number)| number).collect();
    let mut none = Refused::default();
    let mut runs = vec![(String::new(), run_judged(program, &numbers, &mut none)?)];
    for &(name, number) in REFUSED {
        if !none.called.contains(&number) {
            continue;
        }
        for errno in [Errno::EPERM, Errno::ENOSYS] {
            let mut one = Refused {
                one: Some((number, errno)),
                ..Refused::default()
            };
            let run = run_judged(program, &numbers, &mut one)?;
            runs.push((format!(" with {errno:?} from {name}"), run));
        }
    }
    Ok(runs)
}

/// Refuses each creation of a process or thread beyond a number.
struct AtMost {
    more: usize,
}

impl Judge for AtMost {
    fn refuses(&mut self, _: &Call) -> Option<Errno> {
        (self.more == 0).then_some(Errno::EAGAIN)
    }

    fn has_answered(&mut self, _: &Call) {
        self.more = self.more.saturating_sub(1);
    }
}

fn with_processes(program: &Path, count: usize) -> Result<Runs> {
    let mut judge = AtMost { more: count - 1 };
    once(run_judged(program, CREATIONS, &mut judge))
}

/// Sends SIGINT to the program's process group after 50 ms, as Ctrl-C does.
fn interrupted(program: &Path) -> Result<Runs> {
    once(observed(program, |_| {}, Some(Duration::from_millis(50))))
}

fn to_the_end(program: &Path, change: impl FnOnce(&mut Command)) -> Result<Runs> {
    once(observed(program, change, None))
}

/// Runs a program, and waits for the end of all that it started.
///
/// One that ends well leaves nothing. Where one fails or is interrupted, what it started may take a
/// moment to see that, by the end of a pipe, and init would reap it.
fn observed(
    program: &Path,
    change: impl FnOnce(&mut Command),
    interrupt: Option<Duration>,
) -> Result<Run> {
    descendants::adopt()?;
    let place = tempfile::tempdir()?;
    let [mut stdout, mut stderr] = [tempfile::tempfile()?, tempfile::tempfile()?];
    let mut command = programs::command(program, place.path());
    command
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?);
    change(&mut command);
    let first = command.spawn().context("can't start it")?;
    let first = Pid::from_raw(first.id().cast_signed());
    if let Some(time) = interrupt {
        thread::sleep(time);
        // An error means that it has ended.
        let _ = killpg(first, Signal::SIGINT);
    }
    let start = Instant::now();
    let mut ending = Ending::Overran(LIMIT);
    let mut left = Vec::new();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => break,
            Ok(WaitStatus::StillAlive) if start.elapsed() > LIMIT => {
                left.push("a process that runs on".to_owned());
                descendants::end()?;
                break;
            }
            Ok(WaitStatus::StillAlive) => thread::sleep(Duration::from_millis(1)),
            Ok(WaitStatus::Exited(pid, code)) if pid == first => {
                ending = Ending::Exited(code);
                if code == 0 {
                    left.extend(descendants::left().into_iter().map(str::to_owned));
                }
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == first => {
                ending = Ending::Killed(signal as i32);
            }
            other => drop(other?),
        }
    }
    for entry in place.path().read_dir()? {
        left.push(format!("a file in its directory: {:?}", entry?.file_name()));
    }
    let text = |file: &mut File| {
        file.rewind()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Run {
        stdout: text(&mut stdout)?,
        stderr: text(&mut stderr)?,
        ending,
        left,
    })
}
