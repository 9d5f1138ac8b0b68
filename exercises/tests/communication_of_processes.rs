#[cfg_attr(
    feature = "solutions",
    path = "../src/solutions/communication_of_processes.rs"
)]
#[cfg_attr(
    not(feature = "solutions"),
    path = "../src/communication_of_processes.rs"
)]
mod communication_of_processes;

use std::collections::BTreeSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{panic, process, thread};

use communication_of_processes::roll_call;
use nix::errno::Errno;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::wait;

#[test]
#[ignore = "an exercise: yours to solve"]
fn each_friend_is_heard_once() {
    let faults = || {
        let children = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
        children.minor_page_faults()
    };
    let faults_before = faults();
    let (hatch, table) = mpsc::channel();
    let caller = thread::spawn(move || hatch.send(roll_call(5).unwrap()).unwrap());

    let numbers = match table.recv_timeout(Duration::from_secs(10)) {
        Ok(numbers) => numbers,
        Err(RecvTimeoutError::Timeout) => {
            panic!(
                "you still wait for the pipe's end: who has its writing end open?"
            )
        }
        Err(RecvTimeoutError::Disconnected) => {
            panic::resume_unwind(caller.join().expect_err("it sent nothing"))
        }
    };
    assert_eq!(numbers.len(), 5, "each is heard, and once: {numbers:?}");
    let different: BTreeSet<u32> = numbers.iter().copied().collect();
    assert_eq!(
        different.len(),
        5,
        "each is a process of her own: {numbers:?}"
    );
    assert!(
        !different.contains(&process::id()),
        "you aren't one of them"
    );
    assert!(
        faults() > faults_before,
        "there were processes, and they ran"
    );
    assert_eq!(wait(), Err(Errno::ECHILD), "and all of them are reaped");
}
