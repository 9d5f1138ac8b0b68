//! The kernel answers under /proc/TASK for each task, also for those that it doesn't
//! list there.

use std::{fs, io, process, thread};

/// The number of the group that a task is in.
fn group(task: u32) -> io::Result<String> {
    let status = fs::read_to_string(format!("/proc/{task}/status"))?;
    let group = status.lines().find_map(|line| line.strip_prefix("Tgid:\t"));
    group
        .map(String::from)
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

pub fn same_process(one: u32, other: u32) -> io::Result<bool> {
    Ok(group(one)? == group(other)?)
}

pub fn main() {
    let me = process::id();
    let sister = thread::spawn(move || {
        // PID/task/TID, the thread that asks.
        let own = fs::read_link("/proc/thread-self").expect("Linux has it");
        let task = own.file_name().and_then(|name| name.to_str()?.parse().ok());
        same_process(task.expect("a number"), me)
    });
    let same = sister
        .join()
        .expect("no panic")
        .expect("both of us are there");
    println!("my sister and I work in one house: {same}");
    assert!(same);

    let parent = std::os::unix::process::parent_id();
    if parent != 0 {
        let same = same_process(me, parent).expect("it waits for me");
        println!("my parent and I work in one house: {same}");
        assert!(!same);
    }
}
