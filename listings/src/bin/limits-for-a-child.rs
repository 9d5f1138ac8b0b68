//! A limit that a child sets for itself stops the child, and not its parent.
//!
//! Longer than a page: each limit is tried in a child of its own.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Write};
use std::panic::catch_unwind;
use std::process;

use nix::errno::Errno;
use nix::libc::rlim_t;
use nix::sys::resource::Resource::{self, RLIMIT_AS, RLIMIT_FSIZE, RLIMIT_NOFILE};
use nix::sys::resource::setrlimit;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

type Attempt = fn() -> io::Result<()>;

/// How a child ends that makes an attempt under a limit.
///
/// # Safety
///
/// There is one thread, so that no lock can be left behind in the child.
unsafe fn under(
    limit: rlim_t,
    resource: Resource,
    attempt: Attempt,
) -> io::Result<String> {
    // SAFETY: the caller sees to it.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let limited = || {
                // One more limit: whatever kills her leaves no core, nor a pipe for one.
                let _ = setrlimit(Resource::RLIMIT_CORE, 1, 1);
                setrlimit(resource, limit, limit)?;
                attempt()
            };
            // A panic doesn't come out of here: main goes on in the parent alone.
            let done = catch_unwind(limited).unwrap_or_else(|_| process::abort());
            let error = done.err().and_then(|error| error.raw_os_error());
            process::exit(error.unwrap_or(0));
        }
        ForkResult::Parent { child } => Ok(match waitpid(child, None)? {
            WaitStatus::Exited(_, code) => Errno::from_raw(code).to_string(),
            WaitStatus::Signaled(_, signal, _) => format!("killed by {signal}"),
            other => format!("{other:?}"),
        }),
    }
}

#[cfg(target_os = "linux")]
fn main() -> io::Result<()> {
    use nix::sys::memfd::{MFdFlags, memfd_create};

    let take_128_mib: Attempt = || {
        let mut bag = Vec::<u8>::new();
        let done = bag.try_reserve_exact(128 << 20);
        black_box(bag);
        done.map_err(|_| Errno::ENOMEM.into())
    };
    let open_a_file: Attempt = || File::open("/dev/null").map(drop);
    let write_8_kib: Attempt = || {
        // Lies in memory and has no place in a directory: nothing remains of it.
        let mut file = File::from(memfd_create(c"bag", MFdFlags::empty())?);
        file.write_all(&[0; 8192])
    };
    // Whoever started us may ignore it, and that would be inherited.
    // SAFETY: the default action is no handler of ours that could do wrong.
    unsafe { signal(Signal::SIGXFSZ, SigHandler::SigDfl) }?;

    for (what, limit, resource, attempt, end) in [
        (
            "128 of 64 MiB of memory",
            64 << 20,
            RLIMIT_AS,
            take_128_mib,
            "ENOMEM",
        ),
        (
            "a 4th of 3 descriptors",
            3,
            RLIMIT_NOFILE,
            open_a_file,
            "EMFILE",
        ),
        (
            "8 of 4 KiB in a file",
            4096,
            RLIMIT_FSIZE,
            write_8_kib,
            "killed by SIGXFSZ",
        ),
    ] {
        // SAFETY: main has started no thread.
        let ended = unsafe { under(limit, resource, attempt) }?;
        println!("{what:<24} child: {ended}");
        assert!(ended.starts_with(end), "{what}: that much she may not have");
        attempt().expect("no limit of hers is mine");
        println!("{:<24} me:    done", "");
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has memfd_create");
}
