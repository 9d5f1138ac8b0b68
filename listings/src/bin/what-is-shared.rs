//! One helper, sent once as a child and once as a thread: which of its changes
//! reach us?

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{env, mem, process, thread};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

static SUGAR: AtomicU32 = AtomicU32::new(500);

/// Uses sugar, goes elsewhere, opens a file for good, reads on in the book.
fn help(mut book: &File) -> io::Result<()> {
    SUGAR.fetch_sub(100, Relaxed);
    env::set_current_dir("/dev")?;
    mem::forget(File::open("/dev/null")?);
    book.read_exact(&mut [0; 4])
}

/// What we see of that: sugar, place, number of open files, page of the book.
fn state(mut book: &File) -> io::Result<[String; 4]> {
    Ok([
        SUGAR.load(Relaxed).to_string(),
        env::current_dir()?.display().to_string(),
        fs::read_dir("/dev/fd")?.count().to_string(),
        book.stream_position()?.to_string(),
    ])
}

fn main() -> io::Result<()> {
    let book = &File::open(env::current_exe()?)?;
    env::set_current_dir("/")?;
    let before = state(book)?;
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => process::exit(help(book).is_err().into()),
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    let between = state(book)?;
    thread::scope(|kitchen| {
        kitchen.spawn(|| help(book)).join().expect("no panic")
    })?;
    let after = state(book)?;

    println!("{:<22}{:<12}thread", "changed for us by a", "child");
    let names = [
        "memory",
        "working directory",
        "open descriptors",
        "file offset",
    ];
    for (row, name) in names.into_iter().enumerate() {
        let (child, thread) =
            (before[row] != between[row], between[row] != after[row]);
        println!("{name:<22}{child:<12}{thread}");
        assert!(thread, "a thread shares all of these");
        assert_eq!(
            child,
            name == "file offset",
            "a child shares only what is open"
        );
    }
    Ok(())
}
