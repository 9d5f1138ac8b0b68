//! The built pages: what mdBook makes, finished, and checked.

mod about;
mod bar;
mod check;
mod finish;
pub mod mdbook;
mod offers;
mod playground;
pub mod policy;
mod render;
mod structured;
mod yours;

pub use self::check::{check, relative};
pub use self::finish::{address, finish};
pub use self::render::{plain, render, render_with_yours, rendered};
