//! How deep a recursion may go is set by the size of the thread's stack, which is
//! chosen when the thread is created.

use std::hint::black_box;
use std::thread::Builder;
use std::{io, process};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

const MIB: usize = 1024 * 1024;
const FRAMES: u64 = 1024;

/// Piles up so many frames, each of more than 4 KiB.
fn pile_up(frames: u64) -> u64 {
    let bowl = black_box([frames; 512]);
    let rest = if frames == 1 { 0 } else { pile_up(frames - 1) };
    rest + bowl[511] / frames
}

fn main() -> io::Result<()> {
    let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1); // No core, nor a pipe for one.
    for stack in [2 * MIB, 64 * MIB] {
        // SAFETY: there is one thread, so no lock can be left behind in the child.
        let ended = match unsafe { fork() }? {
            ForkResult::Child => {
                let helper = Builder::new().stack_size(stack);
                let helper = helper.spawn(|| pile_up(FRAMES))?;
                let piled = helper.join().expect("no panic");
                process::exit((piled != FRAMES).into());
            }
            ForkResult::Parent { child } => waitpid(child, None)?,
        };
        let end = match ended {
            WaitStatus::Signaled(_, signal, _) => {
                assert_eq!(signal, Signal::SIGABRT);
                assert_eq!(stack, 2 * MIB, "4 MiB and more fit into the large one");
                format!("killed by {signal}")
            }
            _ => {
                assert!(matches!(ended, WaitStatus::Exited(_, 0)), "{ended:?}");
                assert_eq!(stack, 64 * MIB, "4 MiB don't fit into the small one");
                "came back from all frames".to_owned()
            }
        };
        println!("{FRAMES} frames on {:>2} MiB: {end}", stack / MIB);
    }
    Ok(())
}
