//! Each kind of namespace is asked for by itself, and changes its own column alone: what
//! is called a container is a choice among them.

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use std::{array, fs};

    use nix::errno::Errno;
    use nix::sched::{CloneFlags, clone};
    use nix::sys::signal::Signal;
    use nix::sys::wait::{WaitStatus, waitpid};

    const KINDS: [(&str, CloneFlags); 7] = [
        ("user", CloneFlags::CLONE_NEWUSER),
        ("uts", CloneFlags::CLONE_NEWUTS),
        ("pid", CloneFlags::CLONE_NEWPID),
        ("mnt", CloneFlags::CLONE_NEWNS),
        ("net", CloneFlags::CLONE_NEWNET),
        ("ipc", CloneFlags::CLONE_NEWIPC),
        ("cgroup", CloneFlags::CLONE_NEWCGROUP),
    ];
    // The kernel's names for the namespaces that a process is in.
    let own = || {
        KINDS.map(|(kind, _)| fs::read_link(format!("/proc/self/ns/{kind}")).ok())
    };
    let mine = own();
    if mine.contains(&None) {
        println!("Not here: /proc doesn't tell all namespaces");
        return Ok(());
    }

    let names = KINDS.map(|(kind, _)| format!("{kind:8}")).concat();
    println!("{:9}{}", "", names.trim_end());
    for (number, (kind, flag)) in KINDS.into_iter().enumerate() {
        // As a rule, the others need a privilege, which a new user namespace brings.
        let flags = flag | CloneFlags::CLONE_NEWUSER;
        let compare = Box::new(|| {
            let hers = own();
            let is_new: [bool; 7] =
                array::from_fn(|column| hers[column] != mine[column]);
            let row =
                is_new.map(|new| format!("{:8}", if new { "new" } else { "mine" }));
            println!("{kind:9}{}", row.concat().trim_end());
            let expected: [bool; 7] =
                array::from_fn(|column| column == 0 || column == number);
            (is_new != expected).into()
        });
        let mut stack = vec![0; 256 * 1024];
        // SAFETY: without CLONE_VM this is a fork: the child has a copy of all memory,
        // its stack among it. There is one thread, so no lock can be left behind in it.
        let child = unsafe {
            clone(compare, &mut stack, flags, Some(Signal::SIGCHLD as i32))
        };
        match child {
            Ok(child) => {
                assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0))
            }
            Err(
                errno @ (Errno::EPERM
                | Errno::EACCES
                | Errno::ENOSPC
                | Errno::EUSERS
                | Errno::ENOSYS
                | Errno::EINVAL),
            ) => {
                println!("Not here: no new {kind} namespace: {errno}");
                return Ok(());
            }
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has these namespaces");
}
