//! A thread hands back any value; a process hands back one byte.

use std::{process, thread};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn bake() -> i32 {
    500
}

fn main() -> nix::Result<()> {
    let cookies = thread::spawn(bake).join().expect("baking doesn't panic");
    println!("the thread hands back {cookies}");
    assert_eq!(cookies, 500);

    // SAFETY: the other thread is joined, so the child misses no lock.
    match unsafe { fork() }? {
        ForkResult::Child => process::exit(bake()),
        ForkResult::Parent { child } => {
            let status = waitpid(child, None)?;
            assert_eq!(
                status,
                WaitStatus::Exited(child, 500 % 256),
                "the lowest byte"
            );
            println!("the process hands back {}", 500 % 256);
        }
    }
    Ok(())
}
