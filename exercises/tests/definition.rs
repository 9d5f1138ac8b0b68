#[cfg_attr(feature = "solutions", path = "../src/solutions/definition.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/definition.rs")]
mod definition;

use std::process::{self, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use definition::same_process;
use nix::unistd::gettid;

/// The kernel's number of the calling thread.
fn task() -> u32 {
    gettid().as_raw() as u32
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn cooks_of_one_house_are_told_from_neighbours() {
    // A friend who stays until her standard input ends.
    let mut friend = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let neighbour = friend.id();
    let (tell, told) = mpsc::channel();
    let (door, closed) = mpsc::channel::<()>();
    let sister = thread::spawn(move || {
        tell.send(task()).unwrap();
        let _ = closed.recv();
    });
    let (me, sister_task) = (task(), told.recv().unwrap());

    let answers = [
        (me, sister_task),
        (sister_task, process::id()),
        (neighbour, neighbour),
        (sister_task, neighbour),
        (neighbour, me),
    ]
    .map(|(one, other)| same_process(one, other));

    drop((door, friend.stdin.take()));
    sister.join().unwrap();
    assert!(friend.wait().unwrap().success());
    let nobody = same_process(neighbour, neighbour);

    let answers = answers.map(|answer| answer.expect("all are at work"));
    assert_eq!(answers, [true, true, true, false, false]);
    assert!(nobody.is_err(), "she is gone, and her number with her");
}
