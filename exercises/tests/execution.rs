#[cfg_attr(feature = "solutions", path = "../src/solutions/execution.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/execution.rs")]
mod execution;

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use execution::bake;

/// Long enough for any cook; waited out only if something is wrong.
const LONG: Duration = Duration::from_secs(10);

/// Notes each step; before the step `late` of one cook, waits for `early` of the other.
fn journal(late: (&str, u32), early: (&str, u32)) -> Vec<(&'static str, u32)> {
    let journal = Mutex::new(Vec::new());
    let (tell, told) = mpsc::channel();
    let told = Mutex::new(told);
    let step = |cook| {
        let (journal, told, tell) = (&journal, &told, tell.clone());
        move |step| {
            if (cook, step) == late {
                let waited = told.lock().unwrap().recv_timeout(LONG);
                waited.expect("this cook has nothing to wait for");
            }
            journal.lock().unwrap().push((cook, step));
            if (cook, step) == early {
                tell.send(()).unwrap();
            }
        }
    };
    bake(step("sister"), step("mother"));
    journal.into_inner().unwrap()
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn sister_is_first_and_then_all_is_free() {
    // My sister waits for all that mother has to do, and mother for all of hers.
    for (late, early) in [
        (("sister", 2), ("mother", 3)),
        (("mother", 1), ("sister", 3)),
    ] {
        let steps = journal(late, early);
        assert_eq!(steps[0], ("sister", 1));
        for cook in ["sister", "mother"] {
            let own = steps.iter().filter(|(who, _)| *who == cook);
            let own: Vec<_> = own.map(|&(_, step)| step).collect();
            assert_eq!(own, [1, 2, 3], "{cook}'s");
        }
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn mother_waits_however_slow_sister_is() {
    let (began, mother_began) = mpsc::channel();
    let sister = move |step| {
        if step == 1 {
            // A mother who doesn't wait has begun before this is over.
            let early = mother_began.recv_timeout(Duration::from_millis(100));
            assert!(
                early.is_err(),
                "mother began before the first step was done"
            );
        }
    };
    bake(sister, move |_| {
        let _ = began.send(());
    });
}
