#[cfg_attr(feature = "solutions", path = "../src/solutions/tasks.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/tasks.rs")]
mod tasks;

use std::cell::Cell;
use std::rc::Rc;

use tasks::{Task, take_turns};

fn count(name: &'static str, steps: usize) -> Task {
    Box::new((1..=steps).map(move |step| format!("{name}{step}")))
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn each_has_a_turn_before_anyone_has_two() {
    let done = take_turns(vec![count("a", 3), count("b", 1), count("c", 2)]);
    assert_eq!(done, ["a1", "b1", "c1", "a2", "c2", "a3"]);
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn who_is_over_is_not_asked_again() {
    let asked = Rc::new(Cell::new(0));
    let counting = Rc::clone(&asked);
    let mut steps = count("a", 2);
    let task: Task = Box::new(std::iter::from_fn(move || {
        counting.set(counting.get() + 1);
        steps.next()
    }));
    assert_eq!(take_turns(vec![task, count("b", 9)]).len(), 11);
    assert_eq!(asked.get(), 3, "two steps, and the end");
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn without_tasks_there_is_nothing_to_do() {
    assert!(take_turns(vec![]).is_empty());
    assert!(take_turns(vec![count("a", 0)]).is_empty());
}
