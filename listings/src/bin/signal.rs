//! A signal carries its number, a sender and at most one word. A standard signal is
//! lost if one like it is pending; real-time signals queue.

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use std::fs::File;
    use std::io::Read;
    use std::{process, ptr};

    use nix::errno::Errno;
    use nix::libc::{self, SIGRTMIN, SIGUSR1, sigval};
    use nix::sys::signal::{SigSet, Signal};
    use nix::sys::signalfd::{SfdFlags, SignalFd};
    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::{ForkResult, fork, pipe};

    let mut both = *SigSet::from(Signal::SIGUSR1).as_ref();
    // SAFETY: the set is initialised. (nix has no name for real-time signals.)
    let both = unsafe {
        Errno::result(libc::sigaddset(&mut both, SIGRTMIN()))?;
        SigSet::from_sigset_t_unchecked(both)
    };
    // From before the fork on: what is sent to my friend stays pending until she
    // reads.
    both.thread_block()?;
    let (reader, writer) = pipe()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(writer);
            // At the pipe's end, all four are sent.
            File::from(reader).read_to_end(&mut Vec::new())?;
            let letter_box = SignalFd::with_flags(&both, SfdFlags::SFD_NONBLOCK)?;
            let mut got = Vec::new();
            while let Some(signal) = letter_box.read_signal()? {
                let standard = signal.ssi_signo == SIGUSR1 as u32;
                let name = if standard { "SIGUSR1" } else { "SIGRTMIN" };
                let (sender, word) = (signal.ssi_pid, signal.ssi_ptr);
                println!("friend: {name} from process {sender}, {word}");
                got.push((name, word));
            }
            let queued = [("SIGUSR1", 200), ("SIGRTMIN", 200), ("SIGRTMIN", 300)];
            assert_eq!(got, queued, "of the two SIGUSR1, the second is lost");
            process::exit(0);
        }
        ForkResult::Parent { child } => {
            for grams in [200, 300] {
                for signal in [SIGUSR1, SIGRTMIN()] {
                    let sival_ptr = ptr::without_provenance_mut(grams);
                    let word = sigval { sival_ptr };
                    // SAFETY: three plain values; nobody follows the pointer.
                    Errno::result(unsafe {
                        libc::sigqueue(child.as_raw(), signal, word)
                    })?;
                }
                println!("me:     SIGUSR1 and SIGRTMIN, each with {grams}");
            }
            drop(writer);
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux reads signals as a file, by signalfd(2)");
}
