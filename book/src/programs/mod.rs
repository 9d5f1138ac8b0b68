//! The programs of the book: what they are, how they are built and run, and what came out.

mod build;
pub mod descendants;
mod listing;
mod manifest;
mod normalise;
mod outputs;
mod refusal;
mod run;
mod rustfmt;
mod shared_memory;
mod steady;
mod watch;

pub use self::build::{
    WITHOUT_COLOURS, build, build_only, cargo, cargo_build, executables, toolchain,
};
pub use self::listing::{Kind, OUTPUTS, Program, files, find};
pub use self::manifest::{made, manifest_of};
pub use self::normalise::Order;
pub use self::outputs::{Checked, Choice, check, check_run, not_here, record, stale};
pub use self::run::{Ending, LIMIT, Run, command, run};
pub use self::rustfmt::rustfmt;
pub use self::watch::{End, Stream, Watch};
