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

#[cfg_attr(feature = "solutions", path = "solutions/copy_on_write.rs")]
pub mod copy_on_write;
#[cfg_attr(feature = "solutions", path = "solutions/kitchen.rs")]
pub mod kitchen;
#[cfg_attr(feature = "solutions", path = "solutions/memory_space.rs")]
pub mod memory_space;
