#[cfg_attr(feature = "solutions", path = "../src/solutions/failure.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/failure.rs")]
mod failure;

use std::collections::HashSet;
use std::sync::Mutex;
use std::thread;

use failure::panicked;

#[test]
#[ignore = "an exercise: yours to solve"]
fn the_others_do_their_jobs() {
    let cooks = Mutex::new(HashSet::new());
    let done = Mutex::new(HashSet::new());
    let jobs = (1..=6).map(|job| {
        let (cooks, done) = (&cooks, &done);
        move || {
            cooks.lock().unwrap().insert(thread::current().id());
            assert!(job % 3 != 0, "nobody can do job {job}");
            done.lock().unwrap().insert(job);
        }
    });

    assert_eq!(panicked(jobs.collect()), 2, "jobs 3 and 6");
    assert_eq!(done.into_inner().unwrap(), HashSet::from([1, 2, 4, 5]));
    let cooks = cooks.into_inner().unwrap();
    assert_eq!(cooks.len(), 6, "a thread for each job");
    assert!(
        !cooks.contains(&thread::current().id()),
        "none is the caller's"
    );
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn nothing_to_do_is_nothing_lost() {
    assert_eq!(panicked(Vec::<fn()>::new()), 0);
}
