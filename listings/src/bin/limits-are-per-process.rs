//! A limit holds for a process: a thread lowers it for all, a child for itself.

use std::{process, thread};

use nix::sys::resource::{Resource::RLIMIT_NOFILE, getrlimit, setrlimit};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// The limit: no descriptor of ours may have this number or a higher one.
fn may_open() -> nix::Result<u64> {
    getrlimit(RLIMIT_NOFILE).map(|(now, _)| now)
}

/// Lowers that by one.
fn lower() -> nix::Result<()> {
    let (now, at_most) = getrlimit(RLIMIT_NOFILE)?;
    setrlimit(RLIMIT_NOFILE, now - 1, at_most)
}

fn main() -> nix::Result<()> {
    let first = may_open()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            lower()?;
            println!("child: a limit lower by {}", first - may_open()?);
            process::exit((may_open()? != first - 1).into());
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    println!(
        "me:    I may open {} less after the child's",
        first - may_open()?
    );
    assert_eq!(may_open()?, first, "the rule in her house is none of mine");

    thread::spawn(lower).join().expect("no panic")?;
    println!(
        "me:    I may open {} less after the thread's",
        first - may_open()?
    );
    assert_eq!(
        may_open()?,
        first - 1,
        "a rule that one cook makes holds for all"
    );
    Ok(())
}
