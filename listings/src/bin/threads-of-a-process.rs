//! A process is a group of tasks: its threads, each of which the kernel lists by itself.

use std::sync::Barrier;
use std::{fs, io, process, thread};

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self/task");
    let (arrived, leave) = (Barrier::new(3), Barrier::new(3));

    let statuses = thread::scope(|kitchen| {
        for _ in ["sister", "mother"] {
            kitchen.spawn(|| {
                arrived.wait();
                leave.wait();
            });
        }
        arrived.wait();
        let tasks = fs::read_dir("/proc/self/task")?;
        let statuses = tasks.map(|task| fs::read_to_string(task?.path().join("status")));
        let statuses = statuses.collect::<io::Result<Vec<_>>>();
        leave.wait();
        statuses
    })?;

    assert_eq!(
        statuses.len(),
        3,
        "the main thread and the two that it spawned"
    );
    for status in &statuses {
        // The task's own number is called Pid there, and the group's Tgid (proc_pid_status(5)).
        let field = |name| status.lines().find_map(|line| line.strip_prefix(name));
        let (task, group) = (field("Pid:\t").unwrap(), field("Tgid:\t").unwrap());
        println!("task {task} belongs to process {group}");
        assert_eq!(group, process::id().to_string(), "all three are mine");
    }
    Ok(())
}
