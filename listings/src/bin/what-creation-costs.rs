//! To create a thread, a child, a program: each takes more page faults than the
//! one before.

use std::process::{self, Command};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use nix::libc::c_long;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// Of 100 runs, prints the fastest; gives the page faults of all, in us and in our
/// children.
fn measure(what: &str, run: impl Fn() -> io::Result<()>) -> io::Result<c_long> {
    let faults = || -> nix::Result<c_long> {
        let (us, children) = (UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN);
        Ok(getrusage(us)?.minor_page_faults()
            + getrusage(children)?.minor_page_faults())
    };
    let (before, mut fastest) = (faults()?, Duration::MAX);
    for _ in 0..100 {
        let start = Instant::now();
        run()?;
        fastest = fastest.min(start.elapsed());
    }
    println!("{what:>8}: {fastest:.0?} from start to end");
    Ok(faults()? - before)
}

fn main() -> io::Result<()> {
    if env::args().nth(1).is_some_and(|what| what == "nothing") {
        return Ok(());
    }
    let thread = measure("thread", || {
        let thread = thread::Builder::new().spawn(|| ())?;
        thread.join().expect("it does nothing");
        Ok(())
    })?;
    // SAFETY: the threads are joined, so the child misses no lock.
    let child = measure("child", || match unsafe { fork() }? {
        ForkResult::Child => process::exit(0),
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
            Ok(())
        }
    })?;
    // This same program once more, from its file.
    let program = measure("program", || {
        let status = Command::new(env::current_exe()?).arg("nothing").status()?;
        assert!(status.success());
        Ok(())
    })?;

    assert!(
        thread < child,
        "a child must fault for its pages; a thread has ours"
    );
    assert!(child < program, "and a new program has next to no page yet");
    Ok(())
}
