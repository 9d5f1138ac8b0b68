//! A free lock and an atomic addition make no system call; a write to a pipe makes
//! one each time.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{process, ptr};

use nix::errno::Errno;
use nix::libc::{self, c_void};
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe};

/// Has a child do something so many times, and counts its system calls by
/// ptrace(2): it stops at the beginning and at the end of each.
#[cfg(target_os = "linux")]
fn system_calls(times: usize, task: &dyn Fn()) -> nix::Result<usize> {
    let null = ptr::null_mut::<c_void>();
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // SAFETY: this makes the parent its tracer, and touches no memory.
            if unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, null, null) } == -1 {
                process::exit(Errno::last_raw());
            }
            raise(Signal::SIGSTOP).expect("each process may stop itself");
            (0..times).for_each(|_| task());
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            let mut stops = 0;
            loop {
                match waitpid(child, None)? {
                    WaitStatus::Exited(_, 0) => return Ok(stops / 2),
                    WaitStatus::Exited(_, errno) => {
                        return Err(Errno::from_raw(errno));
                    }
                    WaitStatus::Stopped(_, Signal::SIGTRAP) => stops += 1,
                    _ => (), // a signal, such as its own SIGSTOP
                }
                let (on, pid) = (libc::PTRACE_SYSCALL, child.as_raw());
                // SAFETY: this lets it run to its next stop, and touches no memory.
                Errno::result(unsafe { libc::ptrace(on, pid, null, null) })?;
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn main() -> io::Result<()> {
    let (locked, atomic) = (Mutex::new(0), AtomicUsize::new(0));
    let (_reader, writer) = pipe()?;
    let pipe = File::from(writer);

    let tasks: [(&str, usize, &dyn Fn()); 3] = [
        ("lock, add, unlock", 0, &|| *locked.lock().unwrap() += 1),
        ("add atomically", 0, &|| _ = atomic.fetch_add(1, Relaxed)),
        ("write to a pipe", 1, &|| (&pipe).write_all(b"1").unwrap()),
    ];
    for (name, calls_each, task) in tasks {
        // What a child calls anyway, to end.
        let none = match system_calls(0, task) {
            Err(errno @ (Errno::EPERM | Errno::ENOSYS)) => {
                println!(
                    "Not here: ptrace(2) is refused, so nobody can count: {errno}"
                );
                return Ok(());
            }
            counted => counted?,
        };
        let calls = system_calls(100, task)? - none;
        println!("100 times {name:<17} {calls:3} system calls");
        assert_eq!(calls, 100 * calls_each, "the kernel's part in it");
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux counts system calls by ptrace(2)");
}
