//! Starts the book, in a package of its own: `cargo run -- ARGUMENTS`.
//!
//! Were the book among the default members of the workspace, `cargo run --bin NAME` would fetch all
//! that the book depends on.

use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

fn main() -> io::Result<()> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["run", "--package", "book", "--"])
        .args(env::args_os().skip(1));
    Err(cargo.exec())
}
