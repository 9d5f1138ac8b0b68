//! A process can ignore a SIGSEGV that is sent to it, and not one of its own fault.

use std::{process, ptr};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal::SIGSEGV;
use nix::sys::signal::{SigHandler, raise, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// Has a child ignore SIGSEGV and then get it: sent, or by a bad write.
///
/// # Safety
///
/// There is one thread, so that no lock can be left behind in the child.
unsafe fn end_of_a_child(by_a_fault: bool) -> nix::Result<WaitStatus> {
    // SAFETY: the caller sees to it.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => waitpid(child, None),
        ForkResult::Child => {
            // SAFETY: to ignore is no handler of ours that could do wrong.
            let set = unsafe { signal(SIGSEGV, SigHandler::SigIgn) };
            if by_a_fault {
                // SAFETY: none, and that is the point. Nothing is mapped there.
                unsafe { ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
            }
            process::exit(i32::from(set.and_then(|_| raise(SIGSEGV)).is_err()))
        }
    }
}

fn main() -> nix::Result<()> {
    let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1); // No core, nor a pipe for one.

    // SAFETY: main has started no thread.
    let (sent, fault) = unsafe { (end_of_a_child(false)?, end_of_a_child(true)?) };
    println!("SIGSEGV sent and ignored:  {sent:?}");
    println!("a bad write, and the same: {fault:?}");
    assert!(
        matches!(sent, WaitStatus::Exited(_, 0)),
        "a signal that is sent is ignored as asked"
    );
    assert!(
        matches!(fault, WaitStatus::Signaled(_, SIGSEGV, _)),
        "a fault ends her, whatever she ignores"
    );
    Ok(())
}
