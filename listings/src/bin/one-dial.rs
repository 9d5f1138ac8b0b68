//! One call makes processes and threads alike; each of its flags shares one thing
//! more.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{env, fs, io, mem};

#[cfg(target_os = "linux")]
use nix::{fcntl, sched, sys::signal::SIGCHLD, sys::stat::Mode, sys::wait, unistd};

static SUGAR: AtomicU32 = AtomicU32::new(500);

/// The child: uses sugar, goes elsewhere, opens a file for good.
#[cfg(target_os = "linux")]
fn help() -> isize {
    SUGAR.fetch_sub(100, Relaxed);
    let place = unistd::chdir(c"/dev");
    let file = fcntl::open(c"null", fcntl::OFlag::O_RDONLY, Mode::empty());
    let failed = place.is_err() || file.map(mem::forget).is_err();
    failed.into()
}

/// What we see of that: sugar, place, number of open files.
fn state() -> io::Result<[String; 3]> {
    Ok([
        SUGAR.load(Relaxed).to_string(),
        env::current_dir()?.display().to_string(),
        fs::read_dir("/dev/fd")?.count().to_string(),
    ])
}

#[cfg(target_os = "linux")]
fn main() -> io::Result<()> {
    use sched::CloneFlags as Dial;
    let (vm, fs, files) = (Dial::CLONE_VM, Dial::CLONE_FS, Dial::CLONE_FILES);
    println!("changed for us:  memory  directory  descriptors");

    for (name, dial) in [
        ("none", Dial::empty()),
        ("CLONE_VM", vm),
        ("CLONE_FS", fs),
        ("CLONE_FILES", files),
        ("VM and FS", vm | fs),
        ("VM and FILES", vm | files),
        ("FS and FILES", fs | files),
        ("all three", vm | fs | files),
    ] {
        env::set_current_dir("/")?;
        let (before, mut stack) = (state()?, vec![0; 64 * 1024]);
        let flags = Dial::CLONE_VFORK | dial;
        // SAFETY: CLONE_VFORK holds us here until the child is gone. So its stack and
        // its closure outlive it, and what it may share with us (memory, and in it
        // our thread's errno) nobody else uses meanwhile. There is one thread, so no
        // lock can be left behind. `help` makes three small calls: no allocation, no
        // panic, and far less than its stack of 64 KiB.
        let child = unsafe {
            sched::clone(Box::new(help), &mut stack, flags, Some(SIGCHLD as i32))
        }?;
        let ended = wait::waitpid(child, None)?;
        assert_eq!(
            ended,
            wait::WaitStatus::Exited(child, 0),
            "her work is done"
        );

        let after = state()?;
        let moved = [0, 1, 2].map(|thing| before[thing] != after[thing]);
        let [memory, place, open] = moved;
        println!("{name:<17}{memory:<8}{place:<11}{open}");
        let shared = [vm, fs, files].map(|one| dial.contains(one));
        assert_eq!(
            moved, shared,
            "each dial moves its own column, and no other"
        );
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has clone");
}
