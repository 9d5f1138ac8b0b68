//! Who ignores SIGCHLD isn't told how a child ended. Nor is who is started by such a
//! one: an exec keeps what is ignored.

use std::process::{Child, Command, Stdio};
use std::{env, io};

use nix::errno::Errno;
use nix::sys::signal::{SigHandler, Signal, signal};

/// What its parent is told when it has ended.
fn told(child: &mut Child) -> String {
    match child.wait() {
        Ok(status) => status.to_string(),
        Err(no) => Errno::from_raw(no.raw_os_error().unwrap_or(0)).to_string(),
    }
}

fn main() -> io::Result<()> {
    if env::args().nth(1).is_some() {
        // I am the friend. I have a helper, and never heard of SIGCHLD.
        let mut helper = Command::new("sh").args(["-c", "exit 7"]).spawn()?;
        print!("{}", told(&mut helper));
        return Ok(());
    }
    const NOTHING: &str = "ECHILD: No child processes";
    for (how, sigchld, of_her, of_her_helper) in [
        (
            "left alone",
            SigHandler::SigDfl,
            "exit status: 0",
            "exit status: 7",
        ),
        ("ignored", SigHandler::SigIgn, NOTHING, NOTHING),
    ] {
        // SAFETY: neither is a handler of ours that could do wrong.
        unsafe { signal(Signal::SIGCHLD, sigchld) }?;
        let mut friend = Command::new(env::current_exe()?)
            .arg("friend")
            .stdout(Stdio::piped())
            .spawn()?;
        let said = io::read_to_string(friend.stdout.take().expect("it is a pipe"));
        let (i_am_told, she_is_told) = (told(&mut friend), said?);
        println!("SIGCHLD {how}:");
        println!("  I am told of my friend:    {i_am_told}");
        println!("  she is told of her helper: {she_is_told}");
        assert_eq!(i_am_told, of_her);
        assert_eq!(she_is_told, of_her_helper, "what I do is hers, too");
    }
    Ok(())
}
