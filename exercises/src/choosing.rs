//! One order in five burns the kitchen down. Give each order a house of its own.

use nix::sys::wait::WaitStatus;

/// Gives what `cook` gives for each of the `jobs`, in their order: each is cooked in a
/// child process of its own, which says its answer through a pipe. A child that ends
/// without an answer, or badly, yields how it ended. No panic gets out of a child.
///
/// Forks, and leaves no child behind.
///
/// # Safety
/// If the process has other threads, `cook` may do only what signal-safety(7) allows:
/// in the child, nobody is left to release the locks that those threads hold.
pub unsafe fn serve_isolated(
    jobs: &[u64],
    cook: fn(u64) -> u64,
) -> nix::Result<Vec<Result<u64, WaitStatus>>> {
    todo!("for each job a pipe and a fork; then read, and wait")
}
