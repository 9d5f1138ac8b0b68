#[cfg_attr(feature = "solutions", path = "../src/solutions/creation.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/creation.rs")]
mod creation;

use std::fs;
use std::process::Command;

use creation::state_at_its_end;

#[test]
#[ignore = "an exercise: yours to solve"]
fn an_ended_child_is_a_zombie_until_it_is_reaped() {
    // Takes its time, so that an answer without waiting comes too early.
    let mut child = Command::new("sh")
        .args(["-c", "sleep 0.2; exit 7"])
        .spawn()
        .unwrap();
    let state = state_at_its_end(&child);
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
    let code = child.wait().unwrap().code();

    assert_eq!(state.unwrap(), "Z (zombie)");
    assert!(
        status.unwrap().contains("State:\tZ (zombie)"),
        "it has ended, and is not reaped"
    );
    assert_eq!(code, Some(7), "its status was still there to be taken");
}
