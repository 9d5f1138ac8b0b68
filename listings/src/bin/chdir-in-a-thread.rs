//! The working directory belongs to the process: a thread moves all, a child only
//! itself.

use std::{env, io, process, thread};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn main() -> io::Result<()> {
    let home = env::current_dir()?;

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    match unsafe { fork() }? {
        ForkResult::Child => {
            process::exit(env::set_current_dir("/proc").is_err().into())
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
    }
    assert_eq!(env::current_dir()?, home, "the child went alone");
    println!("a child went to /proc, and I am where I was");

    thread::spawn(|| env::set_current_dir("/proc"))
        .join()
        .expect("no panic")?;
    println!(
        "a thread went to /proc, and I am in {}",
        env::current_dir()?.display()
    );
    assert_eq!(
        env::current_dir()?.as_os_str(),
        "/proc",
        "the thread took me along"
    );
    Ok(())
}
