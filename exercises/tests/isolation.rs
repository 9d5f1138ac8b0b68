#[cfg_attr(feature = "solutions", path = "../src/solutions/isolation.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/isolation.rs")]
mod isolation;

use std::fs;
use std::process::Command;

use isolation::run_with_descriptors;

#[test]
#[ignore = "an exercise: yours to solve"]
fn the_limit_is_the_childs_alone() {
    let own = || fs::read_to_string("/proc/self/limits").unwrap();
    let before = own();

    for most in [17, 23] {
        let script =
            format!("test $(ulimit -Sn) = {most} && test $(ulimit -Hn) = {most}");
        let mut shell = Command::new("sh");
        let status =
            run_with_descriptors(shell.args(["-c", &script]), most).unwrap();
        assert!(status.success(), "its soft and hard limit are {most}");
        assert_eq!(own(), before, "and yours are as they were");
    }
}
