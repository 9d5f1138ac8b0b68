//! Several children work. Which of them ends first?

use std::io;
use std::time::Duration;

use nix::unistd::Pid;

/// The first of these children to end within `limit`, or one of the first if several have; `None` if
/// none has by then. None of them was reaped before, and none is afterwards.
pub fn first_to_end(children: &[Pid], limit: Duration) -> io::Result<Option<Pid>> {
    todo!("open a pidfd for each, and poll them")
}
