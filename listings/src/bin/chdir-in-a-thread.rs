//! The working directory is the process's: a thread moves all of its threads, a
//! child only itself.

use std::{env, io, process, thread};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn main() -> io::Result<()> {
    env::set_current_dir("/")?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            process::exit(env::set_current_dir("/dev").is_err().into())
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    let place = env::current_dir()?;
    println!("a child went to /dev, and I am in {}", place.display());
    assert_eq!(place.as_os_str(), "/", "the child went alone");

    let walk = thread::spawn(|| env::set_current_dir("/dev"));
    walk.join().expect("no panic")?;
    let place = env::current_dir()?;
    println!("a thread went to /dev, and I am in {}", place.display());
    assert_eq!(place.as_os_str(), "/dev", "the thread took me along");
    Ok(())
}
