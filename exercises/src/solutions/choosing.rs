//! A house for each order: whatever burns down in there, the next order finds its own.

use std::fs::File;
use std::io::Read;
use std::process;

use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe, write};

/// Lets no panic out of a child: beyond lies the caller's code, which is the parent's.
struct NoWayOut;

impl Drop for NoWayOut {
    fn drop(&mut self) {
        process::abort();
    }
}

/// # Safety
/// If the process has other threads, `cook` may do only what signal-safety(7) allows.
pub unsafe fn serve_isolated(
    jobs: &[u64],
    cook: fn(u64) -> u64,
) -> nix::Result<Vec<Result<u64, WaitStatus>>> {
    let mut results = Vec::new();
    for &job in jobs {
        let (reader, writer) = pipe()?;
        // SAFETY: the child runs `cook`, of which the caller promises that it may.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let _no_way_out = NoWayOut;
                let said = write(&writer, &cook(job).to_ne_bytes()) == Ok(8);
                // SAFETY: it ends the child here, and nothing of the caller's runs twice.
                unsafe { libc::_exit(i32::from(!said)) }
            }
            ForkResult::Parent { child } => {
                drop(writer);
                let mut answer = [0; 8];
                let heard = File::from(reader).read_exact(&mut answer).is_ok();
                let ended = waitpid(child, None)?;
                let well = heard && ended == WaitStatus::Exited(child, 0);
                results.push(if well {
                    Ok(u64::from_ne_bytes(answer))
                } else {
                    Err(ended)
                });
            }
        }
    }
    Ok(results)
}

fn cook(job: u64) -> u64 {
    if job == 3 {
        process::abort();
    }
    job * 100
}

pub fn main() {
    // SAFETY: there is one thread.
    let results =
        unsafe { serve_isolated(&[1, 2, 3, 4, 5], cook) }.expect("five forks");
    println!("{results:?}");
    let grams: Vec<u64> = results.into_iter().flatten().collect();
    assert_eq!(
        grams,
        [100, 200, 400, 500],
        "four orders of five are served"
    );
}
