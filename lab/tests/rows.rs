//! What the rows count shows that they do what they say; and a machine that can't do something
//! gets a reason for that row, and figures for the others. No time is asserted.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use lab::record::{Figure, Outcome, Record};
use nix::libc;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::Pid;

/// How much of the address space a thread's stack takes in these tests. Where there is no more room
/// for one, there is still some for all else: Rust aborts where it has no memory at all.
const STACK: u64 = 1 << 30;

/// Measures rows quickly, in a process that `limit` has been applied to.
fn measure(
    rows: &[&str],
    limit: impl Fn() -> io::Result<()> + Send + Sync + 'static,
) -> (Record, String) {
    // Two labs at once would be each other's disturbance.
    static ONE_LAB: Mutex<()> = Mutex::new(());
    let _alone = ONE_LAB.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("record.json");
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    lab.arg("--quick").arg("--json").arg(&file).args(rows);
    // The stack of a thread.
    lab.env("RUST_MIN_STACK", STACK.to_string());
    // SAFETY: each limit below makes system calls alone, and allocates nothing.
    unsafe { lab.pre_exec(limit) };
    let output = lab.output().expect("the lab was built");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (Record::load(&file).expect("its record"), said)
}

fn lab(arguments: &[&str]) -> Output {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    lab.args(arguments).output().expect("the lab was built")
}

fn unlimited(rows: &[&str]) -> Record {
    measure(rows, || Ok(())).0
}

fn figure<'a>(record: &'a Record, id: &str) -> &'a Figure {
    match &record.row(id).unwrap_or_else(|| panic!("no {id}")).outcome {
        Outcome::Measured(figure) => figure,
        Outcome::NotHere(why) => panic!("{id}: {why}"),
    }
}

fn reason<'a>(record: &'a Record, id: &str) -> &'a str {
    match &record.row(id).unwrap_or_else(|| panic!("no {id}")).outcome {
        Outcome::NotHere(why) => why,
        Outcome::Measured(_) => panic!("{id} was measured"),
    }
}

/// What a row counted for one operation.
fn calls<'a>(record: &'a Record, id: &str) -> &'a BTreeMap<String, f64> {
    let calls = figure(record, id).calls.as_ref();
    calls.expect("this test needs ptrace(2)")
}

/// Makes sure that each of the rows has two switches, and no fault.
fn two_switches(record: &Record, ids: &[&str]) {
    for id in ids {
        let figure = figure(record, id);
        assert!(is_about(figure.switches, 2.0), "{id}: {}", figure.switches);
        assert!(is_about(figure.faults, 0.0), "{id}: {}", figure.faults);
    }
}

fn is_about(counted: f64, expected: f64) -> bool {
    (counted - expected).abs() <= 0.1
}

#[test]
fn a_round_trip_on_one_cpu_takes_two_switches() {
    let means = ["pipe", "futex", "eventfd", "yield"];
    let ids: Vec<String> = means
        .iter()
        .flat_map(|means| {
            ["processes", "threads"].map(|who| format!("switching/{means}/{who}/one"))
        })
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    two_switches(&unlimited(&ids), &ids);
}

#[test]
fn with_the_other_descriptor_table_or_with_shared_data_it_takes_them_too() {
    // That the tables are as they should be, and the data shared, a row makes sure of itself.
    let ids = [
        "switching/pipe/processes-one-table/one",
        "switching/pipe/threads-two-tables/one",
        "switching/pipe/processes/one/64K-shared",
        "switching/pipe/threads/one/64K-shared",
    ];
    let record = unlimited(&ids);
    two_switches(&record, &ids);
    for id in ids {
        let calls = calls(&record, id);
        assert!(is_about(calls["read"], 2.0) && is_about(calls["write"], 2.0));
    }
}

#[test]
fn a_task_is_made_and_gives_way_without_the_kernel() {
    let record = unlimited(&["creation/task", "switching/yield/tasks"]);
    for id in ["creation/task", "switching/yield/tasks/one"] {
        let figure = figure(&record, id);
        assert!(is_about(figure.switches, 0.0), "{id}: {}", figure.switches);
        let calls = calls(&record, id);
        assert!(calls.is_empty(), "{id}: {calls:?}");
    }
}

#[test]
fn a_stack_that_glibc_does_not_keep_is_mapped_and_unmapped_for_each_thread() {
    let id = "creation/thread-large-stack";
    let record = unlimited(&[id]);
    let calls = calls(&record, id);
    // The other mapping is the small stack for signals, which std makes for each thread.
    for name in ["mmap", "munmap"] {
        assert!(is_about(calls[name], 2.0), "{name}: {}", calls[name]);
    }
}

#[test]
fn a_row_with_mappings_or_descriptors_says_how_many_it_may_have() {
    let few = || Ok(setrlimit(Resource::RLIMIT_NOFILE, 200, 200)?);
    let rows = [
        "fork-memory/fork-call/mappings/6000",
        "fork-memory/fork-call/descriptors/1000",
    ];
    let (record, _) = measure(&rows, few);
    figure(&record, rows[0]);
    let why = reason(&record, rows[1]);
    assert!(
        why.starts_with("no more than ") && why.contains(" of 1000 descriptors can be had here: "),
        "{why}"
    );
}

#[test]
fn memory_of_a_task_is_no_less_than_what_the_kernel_keeps_of_it() {
    let record = unlimited(&["memory"]);
    for task in ["thread", "fork", "program"] {
        let bytes = |kind| figure(&record, &format!("memory/{task}/{kind}")).median;
        // What task_struct alone takes, without what depends on the kernel's configuration.
        assert!(bytes("slab") > 4096.0, "{task}: {}", bytes("slab"));
        assert!(bytes("kernel-stack") > 8192.0, "{task}");
    }
}

#[test]
fn a_page_faults_when_it_is_first_touched_and_when_it_is_first_written_after_a_fork() {
    let record = unlimited(&["copy-on-write"]);
    for (row, faults) in [
        ("first-touch", 1.0),
        ("write", 0.0),
        ("after-fork", 1.0),
        ("child-gone", 1.0),
    ] {
        let counted = figure(&record, &format!("copy-on-write/{row}/small")).faults;
        assert!(is_about(counted, faults), "{row}: {counted} faults a page");
    }
    // 512 small pages in a huge one, which the first write after a fork splits.
    if record.figure("copy-on-write/first-touch/huge").is_some() {
        for (row, faults) in [("first-touch", 1.0 / 512.0), ("after-fork", 1.0)] {
            let counted = figure(&record, &format!("copy-on-write/{row}/huge")).faults;
            assert!((counted - faults).abs() < 0.01, "{row}: {counted}");
        }
    }
}

#[test]
fn system_calls_show_how_a_helper_is_made() {
    let record = unlimited(&["creation", "talking/round-trip/pipe/processes/one/8"]);
    let calls = |id: &str, names: &[&str]| -> f64 {
        let counted = calls(&record, id);
        names.iter().filter_map(|name| counted.get(*name)).sum()
    };
    let clones = ["clone", "clone3", "fork", "vfork"];
    for (rows, execs) in [
        (["thread", "pthread", "fork", "vfork"], 0.0),
        (
            [
                "spawn-static",
                "spawn-dynamic",
                "fork-exec-static",
                "fork-exec-dynamic",
            ],
            1.0,
        ),
    ] {
        for row in rows {
            let id = format!("creation/{row}");
            assert!(is_about(calls(&id, &clones), 1.0), "{row} clones");
            assert!(is_about(calls(&id, &["execve"]), execs), "{row} execs");
        }
    }
    let id = "talking/round-trip/pipe/processes/one/8";
    assert!(is_about(calls(id, &["read"]), 2.0) && is_about(calls(id, &["write"]), 2.0));
}

#[test]
fn on_one_cpu_what_needs_two_says_so_and_the_rest_goes_on() {
    let one_cpu = || {
        let allowed = sched_getaffinity(Pid::from_raw(0))?;
        let mut one = CpuSet::new();
        let first = (0..CpuSet::count()).find(|&cpu| allowed.is_set(cpu) == Ok(true));
        one.set(first.ok_or(io::ErrorKind::NotFound)?)?;
        Ok(sched_setaffinity(Pid::from_raw(0), &one)?)
    };
    let (record, said) = measure(&["switching/pipe/processes"], one_cpu);
    figure(&record, "switching/pipe/processes/one");
    let why = "it needs two CPUs, and one may be used here";
    assert_eq!(reason(&record, "switching/pipe/processes/two"), why);
    assert!(
        said.contains(&format!("not here: pipe, processes: {why}")),
        "{said}"
    );
    assert!(said.contains("1 that can't be measured here"), "{said}");
}

#[test]
fn without_huge_pages_those_rows_say_so_and_the_rest_goes_on() {
    let no_huge_pages = || {
        // SAFETY: prctl(2) with these arguments touches no memory.
        match unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    };
    let rows = ["copy-on-write/write", "fork-memory/fork-call/huge/16"];
    let (record, _) = measure(&rows, no_huge_pages);
    figure(&record, "copy-on-write/write/small");
    for row in ["copy-on-write/write/huge", "fork-memory/fork-call/huge/16"] {
        let why = reason(&record, row);
        assert!(why.contains("huge pages"), "{why}");
    }
}

#[test]
fn without_memory_the_large_rows_say_so_and_the_rest_goes_on() {
    let little = || Ok(setrlimit(Resource::RLIMIT_AS, 64 << 20, 64 << 20)?);
    let rows = [
        "fork-memory/fork-call/small/1",
        "fork-memory/fork-call/small/64",
    ];
    let (record, _) = measure(&rows, little);
    figure(&record, rows[0]);
    let why = reason(&record, rows[1]);
    assert_eq!(why, "can't map memory: ENOMEM: Out of memory");
}

#[test]
fn where_fewer_tasks_are_allowed_the_rows_of_many_say_how_many() {
    let little = || Ok(setrlimit(Resource::RLIMIT_AS, 10 * STACK, 10 * STACK)?);
    let (record, _) = measure(&["memory/thread", "memory/fork"], little);
    let why = reason(&record, "memory/thread/private");
    assert!(
        why.starts_with("no more than ") && why.contains(" of 2500 tasks can be made here: "),
        "{why}"
    );
    figure(&record, "memory/fork/private");
}

#[test]
fn without_descriptors_some_rows_say_so_and_the_rest_goes_on() {
    // A row has four, of which one is the line to the lab. A pipe takes two.
    let few = || Ok(setrlimit(Resource::RLIMIT_NOFILE, 6, 6)?);
    let rows = [
        "switching/pipe/processes/one",
        "switching/futex/processes/one",
    ];
    let (record, _) = measure(&rows, few);
    let why = reason(&record, rows[0]);
    assert_eq!(why, "can't make a pipe: EMFILE: Too many open files");
    figure(&record, rows[1]);
}

#[test]
fn another_record_is_read_before_anything_is_measured() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("other.json");
    std::fs::write(&other, "{}").expect("it can be written");
    let output = lab(&["floor", "--compare", &other.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(1));
    let (name, said) = (other.display(), String::from_utf8_lossy(&output.stderr));
    assert!(
        said.starts_with(&format!(
            "error: {name} is no record of this lab: make one with `cargo lab --json {name}`"
        )),
        "{said}"
    );
    assert!(output.stdout.is_empty(), "it measured");
}

#[test]
fn a_record_compares_with_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("record.json");
    let file = file.to_string_lossy();
    let quick = ["floor/clock", "--quick", "--json", &file];
    assert!(lab(&quick).status.success());
    let output = lab(&[&quick[..], &["--compare", &file]].concat());
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("compared with ") && said.contains("there / here"),
        "{said}"
    );
}

#[test]
fn each_row_says_what_is_timed() {
    let output = lab(&["--list", "creation/fork", "locking"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("  creation/fork (one CPU): fork(2), `_exit` in the child, and waitpid(2)\n"),
        "{said}"
    );
    assert!(said.contains("locking/apart/two (two CPUs): "), "{said}");
    assert!(!said.contains("switching/"), "it wasn't asked for: {said}");
}

#[test]
fn a_list_that_nobody_reads_to_its_end_ends_well() {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"))
        .arg("--list")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the lab was built");
    drop(lab.stdout.take());
    let output = lab.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stderr.is_empty());
}

#[test]
fn an_unknown_row_is_refused_before_anything_is_measured() {
    let output = lab(&["creation/magic"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: there is no group or row creation/magic: the groups are floor, creation, \
         fork-memory, copy-on-write, switching, talking, memory, locking, and `cargo lab --list` \
         shows the rows\n"
    );
}
