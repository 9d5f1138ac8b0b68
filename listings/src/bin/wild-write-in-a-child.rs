//! A process that writes where nothing is mapped ends by SIGSEGV, and harms nobody
//! else.

use std::{process, ptr};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn main() -> nix::Result<()> {
    let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1); // No core, nor a pipe for one.
    let mut sugar = 500;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            sugar = 0;
            println!("friend: {sugar} g left, and now I write to address 8");
            // SAFETY: none, and that is the point. Such a write must not trap, and
            // this one does: nothing is mapped in the first page.
            unsafe { ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            let ended = waitpid(child, None)?;
            let is_segfault =
                matches!(ended, WaitStatus::Signaled(_, Signal::SIGSEGV, _));
            assert!(is_segfault, "the kernel ended it: {ended:?}");
            println!("me:     my friend was killed by SIGSEGV");
        }
    }
    println!("me:     {sugar} g left");
    assert_eq!(sugar, 500, "whatever she spilled, she spilled at home");
    Ok(())
}
