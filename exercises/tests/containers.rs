#[cfg_attr(feature = "solutions", path = "../src/solutions/containers.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/containers.rs")]
mod containers;

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use containers::reap;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

/// A child that ends at the end of its input, in a process group of its own.
fn start() -> Child {
    let mut command = Command::new("cat");
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    command.process_group(0).spawn().expect("cat")
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id() as i32)
}

/// Lets a child end, and waits until it is a zombie.
fn end(child: &mut Child) -> Pid {
    drop(child.stdin.take());
    let zombie = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(pid(child)), zombie).expect("mine");
    pid(child)
}

/// One test, for all children of a process belong to whoever calls `reap`.
#[test]
#[ignore = "an exercise: yours to solve"]
fn it_takes_all_that_have_ended_and_waits_for_none() {
    assert_eq!(reap(), Ok(vec![]), "nobody was started");

    let mut kitchen = [start(), start(), start()];
    // A `reap` that waits would wait forever: nobody has ended.
    let (send, done) = mpsc::channel();
    thread::spawn(move || send.send(reap()).unwrap());
    let early = done.recv_timeout(Duration::from_secs(10));
    let early = early.unwrap_or_else(|_| {
        kitchen.iter_mut().for_each(|child| drop(child.kill()));
        panic!("it waits for a child that works");
    });
    assert_eq!(early, Ok(vec![]), "all of them work");

    let mut ended = vec![end(&mut kitchen[0]), end(&mut kitchen[2])];
    let mut reaped = reap().expect("there are children");
    ended.sort();
    reaped.sort();
    assert_eq!(reaped, ended, "two have ended, one works");

    let last = end(&mut kitchen[1]);
    assert_eq!(reap(), Ok(vec![last]));
    assert_eq!(reap(), Ok(vec![]), "none is left");
}
