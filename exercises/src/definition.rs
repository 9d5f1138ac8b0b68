//! Two numbers of tasks: is it one house that both work in?

use std::io;

/// Whether two tasks, given by the kernel's numbers, belong to one process.
///
/// An error if there is no such task, or no more.
pub fn same_process(one: u32, other: u32) -> io::Result<bool> {
    todo!("ask the kernel for the group of each")
}
