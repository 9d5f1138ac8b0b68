#[cfg_attr(feature = "solutions", path = "../src/solutions/kitchen.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/kitchen.rs")]
mod kitchen;

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use kitchen::bake_with_sisters_help;

/// How long a cook waits for the second one, whom a serial solution doesn't send.
const PATIENCE: Duration = Duration::from_secs(5);

#[test]
#[ignore = "an exercise: yours to solve"]
fn two_work_at_once_and_nothing_is_won() {
    let begun = Mutex::new(Vec::new());
    let bell = Condvar::new();

    let minute = bake_with_sisters_help(|from, steps| {
        let mut begun = begun.lock().unwrap();
        begun.push((from, steps));
        bell.notify_all();
        // Flour and sugar begin together, dough and oven too: none of them is done before the
        // other has begun.
        let cooks = if from < 2 { 2 } else { 1 };
        let alone = |begun: &mut Vec<(usize, usize)>| {
            begun.iter().filter(|(minute, _)| *minute == from).count() < cooks
        };
        let (begun, waited) =
            bell.wait_timeout_while(begun, PATIENCE, alone).unwrap();
        drop(begun);
        assert!(!waited.timed_out(), "minute {from}: only one cook works");
        from + steps
    });

    assert_eq!(minute, 7);
    let mut begun = begun.into_inner().unwrap();
    begun.sort();
    assert_eq!(
        begun,
        [(0, 1), (0, 1), (1, 3), (1, 4), (5, 2)],
        "minute and number of steps: all eleven are done, each when it can be"
    );
}
