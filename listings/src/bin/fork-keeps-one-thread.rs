//! A forked child has one thread: the one that called fork.

use std::sync::mpsc;
use std::thread::{self, Builder};
use std::{fs, io};

use nix::libc::_exit;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe, read};

/// The names of a process's threads, as the kernel knows them.
fn cooks(house: Pid) -> io::Result<Vec<String>> {
    let tasks = fs::read_dir(format!("/proc/{house}/task"))?;
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm"));
    tasks.map(|task| Ok(name(task?)?.trim().into())).collect()
}

fn fork_the_house() -> io::Result<()> {
    let (gate, key) = pipe()?;
    let here = cooks(getpid())?;
    // SAFETY: the child calls close, read and _exit: all are async-signal-safe.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            drop(key);
            // Comes back when no key is left.
            let _ = read(&gate, &mut [0]);
            // SAFETY: it ends the process, and runs nothing else of ours.
            unsafe { _exit(0) }
        }
        ForkResult::Parent { child } => child,
    };
    let there = cooks(child);
    drop(key);
    assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));

    let there = there?;
    println!("my house: {} threads", here.len());
    println!("the copy: {} thread, {}", there.len(), there.join(", "));
    assert_eq!(here.len(), 3, "I, mother and sister");
    assert_eq!(there, ["mother"], "she forked, and she alone was copied");
    Ok(())
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/PID/task");
    let (evening, is_over) = mpsc::channel::<()>();
    thread::scope(|house| {
        let sister = Builder::new().name("sister".into());
        sister.spawn_scoped(house, move || is_over.recv())?;
        let mother =
            Builder::new()
                .name("mother".into())
                .spawn_scoped(house, || {
                    let _until_the_end = evening;
                    fork_the_house()
                })?;
        mother.join().expect("no panic")
    })
}
