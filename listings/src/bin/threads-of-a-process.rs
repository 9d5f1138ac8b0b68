//! A process is a group of tasks: its threads, each of which the kernel lists.

use std::sync::Mutex;
use std::{fs, io, process, thread};

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self/task");
    let door = Mutex::new(());

    let statuses = thread::scope(|kitchen| {
        // Until this guard is dropped, mother and sister wait at the door.
        let _closed = door.lock().unwrap();
        kitchen.spawn(|| drop(door.lock()));
        kitchen.spawn(|| drop(door.lock()));
        fs::read_dir("/proc/self/task")?
            .map(|task| fs::read_to_string(task?.path().join("status")))
            .collect::<io::Result<Vec<_>>>()
    })?;

    assert_eq!(
        statuses.len(),
        3,
        "the first thread and the two that it spawned"
    );
    for status in &statuses {
        // A task's own number is called Pid there, its group's Tgid
        // (proc_pid_status(5)).
        let field = |name| status.lines().find_map(|line| line.strip_prefix(name));
        let (task, group) = (field("Pid:\t").unwrap(), field("Tgid:\t").unwrap());
        println!("task {task} belongs to process {group}");
        assert_eq!(group, process::id().to_string(), "all three are mine");
    }
    Ok(())
}
