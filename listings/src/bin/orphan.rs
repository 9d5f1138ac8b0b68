//! A process whose parent has ended gets a new parent, which may wait for it.

use std::fs::File;
use std::io::{self, Read};
use std::process;

use nix::sys::wait::{WaitStatus, wait, waitpid};
use nix::unistd::{ForkResult, fork, getpid, getppid, pipe};

#[cfg(target_os = "linux")]
fn main() -> io::Result<()> {
    // Orphans among our descendants are to come to us, who are nearer than init.
    nix::sys::prctl::set_child_subreaper(true)?;
    let me = getpid();
    println!("me:         pid {me}");
    let (door, key) = pipe()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    if let ForkResult::Parent { child } = unsafe { fork() }? {
        let ended = waitpid(child, None)?;
        assert_eq!(ended, WaitStatus::Exited(child, 0), "it left an orphan");
        println!("me:         pid {child} has ended, and I have reaped it");
        // The grandchild's read ends, and it looks for its parent again.
        drop(key);
        let ended = wait()?;
        let WaitStatus::Exited(orphan, 0) = ended else {
            panic!("the orphan is ours, and saw it so: {ended:?}");
        };
        println!("me:         pid {orphan} has ended, and I have reaped it");
        return Ok(());
    }
    let child = getpid();
    println!("child:      pid {child}, my parent is pid {}", getppid());
    let (ear, mouth) = pipe()?;
    // SAFETY: in the child, too, there is one thread.
    if unsafe { fork() }?.is_parent() {
        // Stays until the grandchild has seen it, and doesn't wait for its end.
        drop(mouth);
        File::from(ear).read_to_string(&mut String::new())?;
        process::exit(0);
    }
    drop(key);
    let parent = || {
        let parent = getppid();
        println!("grandchild: pid {}, my parent is pid {parent}", getpid());
        parent
    };
    assert_eq!(parent(), child, "whoever forks is the parent");
    drop(mouth);
    File::from(door).read_to_string(&mut String::new())?;
    assert_eq!(parent(), me, "the nearest subreaper adopts an orphan");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has PR_SET_CHILD_SUBREAPER");
}
