//! A child between fork and exec keeps open what its parent has closed already.

use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::{env, fs};

use nix::libc::ETXTBSY;
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{AccessFlags, ForkResult, access, execvp, fork};

/// A program that we write ourselves, removed in the end.
struct Recipe(PathBuf);

impl Drop for Recipe {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Runs it: its status, or why it can't be run.
fn bake(recipe: &Path) -> io::Result<Option<i32>> {
    Ok(Command::new(recipe).status()?.code())
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "elsewhere exec may not mind a writer"
    );
    let recipe = Recipe(env::temp_dir().join(format!("recipe-{}", process::id())));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o755);
    let mut pen = options.open(&recipe.0)?;
    pen.write_all(b"#!/bin/sh\nexit 7\n")?;
    if let Err(why) = access(&recipe.0, AccessFlags::X_OK) {
        println!("Not here: nothing may be run in this place: {why}");
        return Ok(());
    }
    match bake(&recipe.0) {
        Err(why) if why.raw_os_error() == Some(ETXTBSY) => {}
        Err(why) => return Err(why),
        Ok(_) => {
            println!("Not here: this kernel runs what is open for writing");
            return Ok(());
        }
    }
    // The new program stops at once, so that it is still there.
    let stop = [c"sh", c"-c", c"kill -STOP $$"];

    // SAFETY: there is one thread, so no lock can be left behind in the child.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            // Also a stopped child is to end with its parent.
            #[cfg(target_os = "linux")]
            let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
            let _ = raise(Signal::SIGSTOP);
            let _ = execvp(stop[0], &stop);
            process::exit(127);
        }
        ForkResult::Parent { child } => child,
    };
    let stops = || waitpid(child, Some(WaitPidFlag::WUNTRACED));
    let stopped = WaitStatus::Stopped(child, Signal::SIGSTOP);

    assert_eq!(stops()?, stopped, "it waits between fork and exec");
    drop(pen);
    let before = bake(&recipe.0);
    kill(child, Signal::SIGCONT)?;
    assert_eq!(stops()?, stopped, "it waits in its new program");
    let after = bake(&recipe.0);
    kill(child, Signal::SIGKILL)?;
    waitpid(child, None)?;

    println!("child before its exec: {before:?}");
    println!("child after its exec:  {after:?}");
    let busy = before.expect_err("a child has it open for writing");
    assert_eq!(busy.raw_os_error(), Some(ETXTBSY), "not so: {busy}");
    assert_eq!(after.expect("its exec has closed it"), Some(7));
    Ok(())
}
