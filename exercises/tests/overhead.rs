#[cfg_attr(feature = "solutions", path = "../src/solutions/overhead.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/overhead.rs")]
mod overhead;

use std::io;

use overhead::faults_of_a_thread;

#[test]
#[ignore = "an exercise: yours to solve"]
fn a_large_stack_takes_few_faults_to_start() -> io::Result<()> {
    // The first thread also sets up what all of them use.
    faults_of_a_thread(64 * 1024)?;
    let large = faults_of_a_thread(64 * 1024 * 1024)?;
    assert!(large > 0, "a new stack is touched at least once");
    assert!(large < 1000, "far from the 16384 pages of 64 MiB: {large}");
    Ok(())
}
