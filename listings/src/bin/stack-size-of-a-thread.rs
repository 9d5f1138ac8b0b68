//! The first thread's stack ends where the process's limit says; another's, where
//! its creator said.

use std::hint::black_box;
use std::{process, thread};

use nix::libc::rlim_t;
use nix::sys::resource::Resource::{RLIMIT_CORE, RLIMIT_STACK};
use nix::sys::resource::{getrlimit, setrlimit};
use nix::sys::signal::Signal::{SIGABRT, SIGSEGV};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

const SMALL: usize = 512 * 1024;
const LARGE: usize = 4 * 1024 * 1024;

/// Puts bowls of 2 MiB on the stack: on its own piece of it, also where the compiler optimises.
#[inline(never)]
fn pile_up() {
    let bowls = [black_box(1_u8); 2 * 1024 * 1024];
    black_box(&bowls);
}

/// In a house with this limit, piles up in the first thread, or in one with a stack
/// of its own. Says whether the house still stands.
fn stands(limit: usize, stack: Option<usize>) -> nix::Result<bool> {
    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let _ = setrlimit(RLIMIT_CORE, 1, 1); // No core, nor a pipe for one.
            let (_, most) = getrlimit(RLIMIT_STACK)?;
            setrlimit(RLIMIT_STACK, limit as rlim_t, most)?;
            match stack {
                None => pile_up(),
                Some(size) => {
                    let cook = thread::Builder::new().stack_size(size);
                    let cook = cook.spawn(pile_up).expect("there is room");
                    cook.join().expect("no panic");
                }
            }
            process::exit(0);
        }
        ForkResult::Parent { child } => match waitpid(child, None)? {
            WaitStatus::Exited(_, 0) => Ok(true),
            WaitStatus::Signaled(_, SIGABRT | SIGSEGV, _) => Ok(false),
            other => panic!("neither baked nor crashed: {other:?}"),
        },
    }
}

fn main() -> nix::Result<()> {
    println!("limit    stack of                2 MiB fit");
    for (limit, its_name) in [(SMALL, "512 KiB"), (LARGE, "4 MiB")] {
        let first = stands(limit, None)?;
        println!("{its_name:<9}the first thread        {first}");
        assert_eq!(first, limit == LARGE, "the limit bounds the first thread's");
        for (stack, name) in [(SMALL, "512 KiB"), (LARGE, "4 MiB")] {
            let other = stands(limit, Some(stack))?;
            println!("{its_name:<9}a thread with {name:<10}{other}");
            assert_eq!(other, stack == LARGE, "its creator bounds another's");
        }
    }
    Ok(())
}
