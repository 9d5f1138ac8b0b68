#[cfg_attr(feature = "solutions", path = "../src/solutions/kitchen.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/kitchen.rs")]
mod kitchen;

use std::sync::Mutex;

use kitchen::bake_with_sisters_help;

#[test]
#[ignore = "an exercise: yours to solve"]
fn nothing_is_won_by_her_help() {
    let done = Mutex::new(Vec::new());
    let minute = bake_with_sisters_help(|from, steps| {
        done.lock().unwrap().push(steps);
        from + steps
    });
    assert_eq!(minute, 7);
    let mut done = done.into_inner().unwrap();
    done.sort();
    assert_eq!(done, [1, 1, 2, 3, 4], "all eleven steps are done");
}
