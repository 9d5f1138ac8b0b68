//! A debugger lists what each thread is in the middle of: two that wait for each other
//! give themselves away.
//!
//! Not in the page: its machine has no gdb.
//!
//! Longer than a page: it is the program that hangs, and the one that looks at it.
//!
//! Bears a refusal: gdb does without threads of its own.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::{Barrier, Mutex};
use std::{env, io, process, thread};

static SUGAR: Mutex<()> = Mutex::new(());
static FLOUR: Mutex<()> = Mutex::new(());
static EACH_HOLDS_ONE: Barrier = Barrier::new(3);

#[inline(never)]
fn holds_sugar_and_wants_flour() {
    let _sugar = SUGAR.lock();
    EACH_HOLDS_ONE.wait();
    let _flour = FLOUR.lock();
}

#[inline(never)]
fn holds_flour_and_wants_sugar() {
    let _flour = FLOUR.lock();
    EACH_HOLDS_ONE.wait();
    let _sugar = SUGAR.lock();
}

/// The program that hangs. It ends when its standard input does.
fn hang() -> io::Result<()> {
    thread::spawn(holds_sugar_and_wants_flour);
    thread::spawn(holds_flour_and_wants_sugar);
    EACH_HOLDS_ONE.wait();
    // A whole line, or it would stay in the buffer.
    println!("both hold one");
    io::stdin().read_to_end(&mut Vec::new())?;
    process::exit(0);
}

/// What gdb says of all threads of a process.
fn look(pid: u32) -> io::Result<String> {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-p", &pid.to_string()]);
    gdb.args(["-ex", "thread apply all backtrace"]);
    let told = gdb.stdin(Stdio::null()).output()?;
    Ok(String::from_utf8_lossy(&told.stdout).into_owned())
}

fn main() -> io::Result<()> {
    if env::args().nth(1).is_some() {
        return hang();
    }
    let mut program = Command::new(env::current_exe()?);
    let program = program.arg("hang").stdin(Stdio::piped());
    let mut program = program.stdout(Stdio::piped()).spawn()?;
    let ready = program.stdout.take().expect("a pipe").read_exact(&mut [0]);

    // A thread may still be on its way to the lock: then look once more.
    let mut told = look(program.id());
    for _ in 0..10 {
        let early = |told: &String| {
            told.contains("Thread 1") && told.matches("lock_contended").count() < 2
        };
        if !told.as_ref().is_ok_and(early) {
            break;
        }
        told = look(program.id());
    }
    drop(program.stdin.take());
    let ended = program.wait()?;
    ready?;

    let told = match told {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            println!("Not here: no gdb: {error}");
            return Ok(());
        }
        told => told?,
    };
    if !told.contains("Thread 1") {
        println!("Not here: gdb may not look at other processes");
        return Ok(());
    }
    for who in ["holds_sugar_and_wants_flour", "holds_flour_and_wants_sugar"] {
        // The frame of ours, and somewhere above it the lock.
        let mut threads = told.split("\nThread ");
        let hers = threads
            .find(|frames| frames.contains(who))
            .unwrap_or_default();
        let waits = hers.contains("lock_contended");
        println!("a thread is in {who}, waiting for a lock: {waits}");
        assert!(waits, "{told}");
    }
    assert!(ended.success(), "it ended when we let it");
    Ok(())
}
