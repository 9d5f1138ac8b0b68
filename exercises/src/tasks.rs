//! A scheduler for tasks that give way by themselves.

/// A task: each `next` is a turn, up to the point at which it gives way, and returns what it did in it.
/// `None` says that it is over.
pub type Task = Box<dyn Iterator<Item = String>>;

/// Runs all tasks until all are over, in turns: one turn of each, in their order, then again. Returns
/// what was done, in the order in which it was done.
pub fn take_turns(tasks: Vec<Task>) -> Vec<String> {
    todo!("a queue: the first has its turn, and goes to the end if it isn't over")
}
