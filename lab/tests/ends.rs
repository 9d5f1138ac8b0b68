//! Ctrl-C keeps what was measured so far, and no child outlives the lab, however it ends.
//!
//! One test, alone in its process: it counts all orphans as the lab's.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::yield_now;

use lab::record::Record;
use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::wait;
use nix::unistd::{Pid, alarm};

#[test]
fn ctrl_c_keeps_what_was_measured_and_no_end_leaves_a_child() {
    // Nothing here takes as long: a child that is left would be waited for.
    alarm::set(120);
    set_child_subreaper(true).expect("any process may");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("record.json");

    let mut lab = start(&file);
    await_second_group(&lab);
    kill(Pid::from_raw(lab.id().cast_signed()), Signal::SIGINT).expect("it lives");
    assert_eq!(lab.wait().expect("it ends").code(), Some(130));
    assert_eq!(wait(), Err(Errno::ECHILD), "an orphan is left");
    let record = Record::load(&file).expect("what was measured");
    let measured = |group: &str| record.rows.iter().any(|row| row.group() == group);
    assert!(measured("floor"), "the first group was whole");
    assert!(!measured("locking"), "the last one had not begun");

    fs::remove_file(&file).expect("it was there");
    let mut lab = start(&file);
    await_second_group(&lab);
    lab.kill().expect("it lives");
    lab.wait().expect("it ends");
    // Its stands and their children are ours now, and end by themselves.
    while wait().is_ok() {}
    assert_eq!(wait(), Err(Errno::ECHILD), "an orphan is left");
    assert!(!file.exists());
}

fn start(file: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["floor", "switching", "locking", "--quick", "--json"])
        .arg(file)
        .stdout(Stdio::null())
        .spawn()
        .expect("the lab was built")
}

/// Returns when the lab has a stand of the second group, whose stands have children.
fn await_second_group(lab: &Child) {
    let children = |pid: &str| {
        let file = format!("/proc/{pid}/task/{pid}/children");
        fs::read_to_string(file).unwrap_or_default()
    };
    let is_there = || {
        children(&lab.id().to_string())
            .split_whitespace()
            .any(|stand| {
                let command = fs::read_to_string(format!("/proc/{stand}/cmdline"));
                command.is_ok_and(|command| command.contains("switching/"))
                    && !children(stand).is_empty()
            })
    };
    // No call tells that a process has a grandchild.
    while !is_there() {
        yield_now();
    }
}
