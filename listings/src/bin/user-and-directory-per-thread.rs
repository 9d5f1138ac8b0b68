//! Linux keeps a working directory and a user for each thread. That threads share
//! them is a choice: of `clone`'s flags, and of the C library.

use std::io;

use nix::unistd::{Uid, getcwd};

/// Where this thread is, and as which user.
fn me() -> String {
    let place = getcwd().expect("I am somewhere");
    format!("in {}, user {}", place.display(), Uid::current())
}

#[cfg(target_os = "linux")]
fn main() -> io::Result<()> {
    use nix::errno::Errno;
    use nix::libc;
    use nix::sched::{CloneFlags, unshare};
    use nix::unistd::{chdir, setuid};
    use std::thread;

    const OTHER: u32 = 12345; // Any user that I'm not.
    let walk: fn() -> nix::Result<()> = || {
        unshare(CloneFlags::CLONE_FS)?;
        chdir("/dev")
    };
    let change_alone: fn() -> nix::Result<()> = || {
        // SAFETY: the call takes a number, and no memory.
        let done = unsafe { libc::syscall(libc::SYS_setuid, OTHER) };
        Errno::result(done).map(drop)
    };
    let change_all: fn() -> nix::Result<()> = || setuid(Uid::from_raw(OTHER));

    chdir("/")?;
    let before = me();
    println!("{:<16} {before}", "at first");
    for (what, step, for_all) in [
        ("unshare, chdir", walk, false),
        ("setuid, bare", change_alone, false),
        ("setuid of libc", change_all, true),
    ] {
        let sister = thread::spawn(move || step().map(|()| me()));
        let she = match sister.join().expect("no panic") {
            Err(why @ (Errno::EPERM | Errno::EINVAL | Errno::ENOSYS)) => {
                println!("Not here: {what} is refused, {why}");
                break;
            }
            she => she?,
        };
        println!("{what:<16} sister {she}; I {}", me());
        assert_ne!(she, before, "she has moved, or changed");
        let expected = if for_all { &she } else { &before };
        assert_eq!(me(), *expected, "and I go along only if all are told");
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("{}, and only Linux has unshare", me());
}
