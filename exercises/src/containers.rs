//! What process 1 of a container must do for others: reap.

use nix::unistd::Pid;

/// Reaps each child that has ended by now, whoever started it, and waits for none. Returns who they
/// were, in any order.
///
/// # Errors
/// What waitpid(2) reports, except that there are no children.
pub fn reap() -> nix::Result<Vec<Pid>> {
    todo!("wait for any child, without waiting, until none is left that has ended")
}
