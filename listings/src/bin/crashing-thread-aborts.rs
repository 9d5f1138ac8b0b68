//! A crash in one thread ends its whole process.

use std::hint::black_box;
use std::{process, thread};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// Puts one bowl on another until the stack is full: a stack overflow.
#[expect(unconditional_recursion, reason = "that is the crash")]
fn pile_up(bowls: u64) -> u64 {
    let bowl = black_box([bowls; 64]);
    bowl[0] + pile_up(bowls + 1) + bowl[63]
}

fn main() -> nix::Result<()> {
    let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1); // No core, nor a pipe for one.
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            println!("friend: my helper and I are at work");
            let helper = thread::spawn(|| pile_up(1));
            let ended = helper.join();
            println!("friend: my helper crashed, and I went on: {ended:?}");
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            let ended = waitpid(child, None)?;
            let WaitStatus::Signaled(_, signal, _) = ended else {
                panic!("the whole process ended, not the thread alone: {ended:?}");
            };
            println!("me:     my friend and all in her house, killed by {signal}");
            assert_eq!(signal, Signal::SIGABRT);
        }
    }
    Ok(())
}
