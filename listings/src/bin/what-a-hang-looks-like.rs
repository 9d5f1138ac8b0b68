//! Six processes that don't get on, each for another reason. The kernel tells the state
//! of each, and the system call that it waits in.
//!
//! Longer than a page: six reasons, one look.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};
use std::{fs, hint, io, process, thread};

use nix::libc;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe, read, write};

fn deadlock() {
    let lock = Mutex::new(());
    let _held = lock.lock();
    // As another thread that holds it would: this one waits for itself.
    let _never = lock.lock();
}

fn lost_wake_up() {
    let (nothing, told) = (Mutex::new(false), Condvar::new());
    let _never = told.wait_while(nothing.lock().unwrap(), |told| !*told);
}

fn full_pipe() {
    // Nobody reads, but the reading end is open.
    let (_reader, writer) = pipe().expect("two descriptors");
    while write(&writer, &[0; 4096]).is_ok() {}
}

fn pipe_that_does_not_end() {
    // The writer that is still open is her own.
    let (reader, _writer) = pipe().expect("two descriptors");
    let _ = read(&reader, &mut [0]);
}

fn runaway() {
    loop {
        hint::spin_loop();
    }
}

fn stopped() {
    let _ = kill(Pid::this(), Signal::SIGSTOP);
}

/// What /proc says of a process in a file of this name.
fn proc(pid: Pid, file: &str) -> io::Result<String> {
    fs::read_to_string(format!("/proc/{pid}/{file}"))
}

/// The state, such as `S (sleeping)`, and the call that it waits in.
fn look(pid: Pid) -> io::Result<(String, String)> {
    let status = proc(pid, "status")?;
    let state = status
        .lines()
        .find_map(|line| line.strip_prefix("State:\t"));
    let call = proc(pid, "syscall")?;
    let number = call.split_whitespace().next().unwrap_or_default();
    let call = match number.parse() {
        Ok(libc::SYS_futex) => "futex",
        Ok(libc::SYS_read) => "read",
        Ok(libc::SYS_write) => "write",
        Ok(_) => "another",
        Err(_) => "none",
    };
    Ok((state.expect("each has one").to_owned(), call.to_owned()))
}

fn show(pid: Pid, what: &str, letter: char, call: &str) -> io::Result<()> {
    // Nobody is told when a process falls asleep: look until it is as expected, or ends.
    let begin = Instant::now();
    loop {
        let (state, in_call) = look(pid)?;
        if state.starts_with('Z') {
            return Err(io::Error::other(format!("{what}: it ended")));
        }
        if state.starts_with(letter) && (in_call == call || letter != 'S') {
            println!(
                "{what:24}{state:14}{}",
                if letter == 'S' { call } else { "-" }
            );
            return Ok(());
        }
        if begin.elapsed() > Duration::from_secs(60) {
            let now = format!("{what}: after a minute still {state} in {in_call}");
            return Err(io::Error::other(now));
        }
        thread::yield_now();
    }
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has /proc/PID/syscall"
    );
    if let Err(error) = fs::read_to_string("/proc/self/syscall") {
        println!("Not here: /proc doesn't tell the system call: {error}");
        return Ok(());
    }
    let hangs: [(fn(), _, _, _); 6] = [
        (deadlock, "deadlock", 'S', "futex"),
        (lost_wake_up, "lost wake-up", 'S', "futex"),
        (full_pipe, "full pipe", 'S', "write"),
        (pipe_that_does_not_end, "pipe that doesn't end", 'S', "read"),
        (runaway, "runaway", 'R', ""),
        (stopped, "stopped", 'T', ""),
    ];
    for (hang, what, letter, call) in hangs {
        // SAFETY: there is one thread, so no lock can be left behind in the child.
        match unsafe { fork() }? {
            ForkResult::Child => {
                set_pdeathsig(Signal::SIGKILL)?;
                hang();
                process::exit(0);
            }
            ForkResult::Parent { child } => {
                let shown = show(child, what, letter, call);
                kill(child, Signal::SIGKILL)?;
                waitpid(child, None)?;
                match shown {
                    Err(error)
                        if error.kind() == io::ErrorKind::PermissionDenied =>
                    {
                        println!("Not here: I may not look at my child: {error}");
                        return Ok(());
                    }
                    shown => shown?,
                }
            }
        }
    }
    Ok(())
}
