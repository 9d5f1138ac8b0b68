//! A thread hands back any value; a process hands back one byte.

use std::{process, thread};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn bake() -> i32 {
    500
}

fn main() -> nix::Result<()> {
    let cookies = thread::spawn(bake).join().expect("baking doesn't panic");
    println!("from the thread:  {cookies}");
    assert_eq!(cookies, 500);

    // SAFETY: the other thread is joined, so the child misses no lock.
    match unsafe { fork() }? {
        ForkResult::Child => process::exit(bake()),
        ForkResult::Parent { child } => {
            let ended = waitpid(child, None)?;
            let WaitStatus::Exited(_, cookies) = ended else {
                panic!("baking doesn't crash: {ended:?}");
            };
            println!("from the process: {cookies}");
            assert_eq!(cookies, 500 % 256, "the lowest eight bits");
        }
    }
    Ok(())
}
