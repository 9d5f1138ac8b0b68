//! The exercises of the book, a module for each chapter.
//!
//! `src/CHAPTER.rs` is the task: replace its `todo!()` until `tests/CHAPTER.rs` passes:
//!
//! ```console
//! $ cargo test -p exercises --test kitchen -- --ignored
//! ```
//!
//! `src/solutions/CHAPTER.rs` is a solution; the feature `solutions` puts it in the task's place.

#![cfg_attr(
    not(feature = "solutions"),
    allow(unused_variables, reason = "a task has yet to use what it is given")
)]

#[cfg_attr(feature = "solutions", path = "solutions/choosing.rs")]
pub mod choosing;
#[cfg_attr(
    feature = "solutions",
    path = "solutions/communication_of_processes.rs"
)]
pub mod communication_of_processes;
#[cfg_attr(feature = "solutions", path = "solutions/communication_of_threads.rs")]
pub mod communication_of_threads;
#[cfg_attr(feature = "solutions", path = "solutions/copy_on_write.rs")]
pub mod copy_on_write;
#[cfg_attr(feature = "solutions", path = "solutions/creation.rs")]
pub mod creation;
#[cfg_attr(feature = "solutions", path = "solutions/definition.rs")]
pub mod definition;
#[cfg_attr(feature = "solutions", path = "solutions/execution.rs")]
pub mod execution;
#[cfg_attr(feature = "solutions", path = "solutions/failure.rs")]
pub mod failure;
#[cfg_attr(feature = "solutions", path = "solutions/fork_and_threads.rs")]
pub mod fork_and_threads;
#[cfg_attr(feature = "solutions", path = "solutions/interview.rs")]
pub mod interview;
#[cfg_attr(feature = "solutions", path = "solutions/isolation.rs")]
pub mod isolation;
#[cfg_attr(feature = "solutions", path = "solutions/kitchen.rs")]
pub mod kitchen;
#[cfg_attr(feature = "solutions", path = "solutions/memory_space.rs")]
pub mod memory_space;
#[cfg_attr(feature = "solutions", path = "solutions/overhead.rs")]
pub mod overhead;
#[cfg_attr(feature = "solutions", path = "solutions/races.rs")]
pub mod races;
#[cfg_attr(feature = "solutions", path = "solutions/recovery.rs")]
pub mod recovery;
#[cfg_attr(feature = "solutions", path = "solutions/resources.rs")]
pub mod resources;
