#[cfg_attr(feature = "solutions", path = "../src/solutions/pidfd.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/pidfd.rs")]
mod pidfd;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::unistd::Pid;
use pidfd::first_to_end;

/// A child that ends when it is told to, by the end of its input.
fn start() -> Child {
    let mut command = Command::new("cat");
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    command.spawn().expect("cat")
}

fn pids(children: &[Child]) -> Vec<Pid> {
    children
        .iter()
        .map(|child| Pid::from_raw(child.id() as i32))
        .collect()
}

/// Lets all of them end, whatever the test found.
struct Kitchen(Vec<Child>);

impl Drop for Kitchen {
    fn drop(&mut self) {
        for child in &mut self.0 {
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn the_one_that_ends_is_named_and_not_reaped() {
    let mut kitchen = Kitchen((0..3).map(|_| start()).collect());
    let pids = pids(&kitchen.0);
    drop(kitchen.0[1].stdin.take());
    let ended = first_to_end(&pids, Duration::from_secs(10)).unwrap();
    assert_eq!(ended, Some(pids[1]));
    let status = kitchen.0[1].wait().expect("it left her for me to reap");
    assert!(status.success());
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn if_none_ends_it_says_so_when_the_time_is_over() {
    let kitchen = Kitchen((0..2).map(|_| start()).collect());
    let limit = Duration::from_millis(50);
    let ended = first_to_end(&pids(&kitchen.0), limit).unwrap();
    assert_eq!(ended, None, "all of them still work");
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn one_that_has_ended_before_is_found_at_once() {
    let mut kitchen = Kitchen(vec![start()]);
    drop(kitchen.0[0].stdin.take());
    let pids = pids(&kitchen.0);
    for _ in 0..2 {
        let ended = first_to_end(&pids, Duration::from_secs(10)).unwrap();
        assert_eq!(ended, Some(pids[0]), "she stays a zombie until I reap her");
    }
}
