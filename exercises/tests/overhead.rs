use std::io;

use exercises::overhead::faults_of_a_thread;

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
