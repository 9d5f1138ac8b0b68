//! A forked child works on its own copy; a thread works on the same memory.

use std::{process, thread};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, getpid};

fn main() -> nix::Result<()> {
    let mut sugar = 500;
    println!("me:     {sugar} g at {:p}, process {}", &sugar, getpid());

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            sugar -= 200;
            println!("child:  {sugar} g at {:p}, process {}", &sugar, getpid());
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    println!("me:     {sugar} g at {:p} once the child is done", &sugar);
    assert_eq!(sugar, 500, "the child took from its own bag");

    thread::scope(|kitchen| {
        kitchen.spawn(|| {
            sugar -= 200;
            println!("thread: {sugar} g at {:p}, process {}", &sugar, getpid());
        });
    });
    println!("me:     {sugar} g at {:p} once the thread is done", &sugar);
    assert_eq!(sugar, 300, "the thread took from mine");
    Ok(())
}
