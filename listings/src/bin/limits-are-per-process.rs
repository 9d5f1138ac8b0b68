//! A limit holds for a process: a thread lowers it for all, a child for itself.

use std::{process, thread};

use nix::libc::rlim_t;
use nix::sys::resource::{Resource::RLIMIT_NOFILE, getrlimit, setrlimit};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// The limit on open files: a new descriptor's number must be below it.
fn limit() -> nix::Result<rlim_t> {
    getrlimit(RLIMIT_NOFILE).map(|(now, _)| now)
}

/// Lowers it by one.
fn lower() -> nix::Result<()> {
    let (now, highest) = getrlimit(RLIMIT_NOFILE)?;
    setrlimit(RLIMIT_NOFILE, now - 1, highest)
}

fn main() -> nix::Result<()> {
    let first = limit()?;
    let lower_by = || limit().map(|now| first - now);

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            lower()?;
            println!("child: I lower the limit, mine is lower by {}", lower_by()?);
            process::exit((lower_by()? != 1).into());
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    println!("me:    a child did, mine is lower by {}", lower_by()?);
    assert_eq!(lower_by()?, 0, "the rule of her house isn't ours");

    thread::spawn(lower).join().expect("no panic")?;
    println!("me:    a thread did, mine is lower by {}", lower_by()?);
    assert_eq!(lower_by()?, 1, "one cook's rule is all cooks' rule");
    Ok(())
}
