#[cfg_attr(feature = "solutions", path = "../src/solutions/creation_fails.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/creation_fails.rs")]
mod creation_fails;

use std::cell::Cell;
use std::io::{self, ErrorKind};

use creation_fails::as_many_as_possible;

/// Starts workers up to a limit, and then answers with an error. Counts the calls.
fn up_to(
    limit: usize,
    error: ErrorKind,
    calls: &Cell<usize>,
) -> impl FnMut(usize) -> io::Result<usize> {
    move |number| {
        calls.set(calls.get() + 1);
        if number < limit {
            Ok(number)
        } else {
            Err(error.into())
        }
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn all_that_are_wanted_and_no_more() {
    let calls = Cell::new(0);
    let workers = as_many_as_possible(8, up_to(100, ErrorKind::WouldBlock, &calls));
    assert_eq!(workers.unwrap(), Vec::from_iter(0..8));
    assert_eq!(calls.get(), 8);
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn at_a_limit_it_makes_do_with_those_that_it_has() {
    let calls = Cell::new(0);
    let workers = as_many_as_possible(8, up_to(3, ErrorKind::WouldBlock, &calls));
    assert_eq!(workers.unwrap(), [0, 1, 2]);
    assert_eq!(calls.get(), 4, "after a refusal it doesn't go on asking");
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn without_one_worker_it_says_why() {
    let calls = Cell::new(0);
    let none = as_many_as_possible(8, up_to(0, ErrorKind::WouldBlock, &calls));
    assert_eq!(none.unwrap_err().kind(), ErrorKind::WouldBlock);
    let none_wanted =
        as_many_as_possible(0, up_to(0, ErrorKind::WouldBlock, &calls));
    assert!(none_wanted.unwrap().is_empty());
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn another_error_is_no_limit() {
    let calls = Cell::new(0);
    let fault = as_many_as_possible(8, up_to(3, ErrorKind::NotFound, &calls));
    assert_eq!(fault.unwrap_err().kind(), ErrorKind::NotFound);
}
