//! The limit is set in the child, and stays when the child becomes another program.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};

use nix::sys::resource::{Resource, getrlimit, setrlimit};

pub fn run_with_descriptors(
    command: &mut Command,
    most: u64,
) -> io::Result<ExitStatus> {
    let limit = move || Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?);
    // SAFETY: the closure only calls setrlimit. signal-safety(7) doesn't list it, but
    // on Linux it is one system call, which takes no lock and no memory; nor does an
    // error made of its number.
    unsafe { command.pre_exec(limit) }.status()
}

pub fn main() -> io::Result<()> {
    let before = getrlimit(Resource::RLIMIT_NOFILE)?;
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "echo \"the child may have $(ulimit -n)\"; test $(ulimit -n) = 17",
    ]);

    let status = run_with_descriptors(&mut shell, 17)?;
    assert!(status.success(), "it has the limit that we set: {status}");
    assert_eq!(
        getrlimit(Resource::RLIMIT_NOFILE)?,
        before,
        "ours is as it was"
    );
    Ok(())
}
