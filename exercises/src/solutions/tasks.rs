//! Who has had her turn goes to the end of the queue, unless she is done.

use std::collections::VecDeque;

pub type Task = Box<dyn Iterator<Item = String>>;

pub fn take_turns(tasks: Vec<Task>) -> Vec<String> {
    let mut queue = VecDeque::from(tasks);
    let mut done = Vec::new();
    while let Some(mut task) = queue.pop_front() {
        if let Some(step) = task.next() {
            done.push(step);
            queue.push_back(task);
        }
    }
    done
}

pub fn main() {
    let pot = |name: &'static str, stirs: u32| -> Task {
        Box::new((1..=stirs).map(move |stir| format!("{name} {stir}")))
    };
    let done = take_turns(vec![pot("soup", 3), pot("sauce", 1), pot("rice", 2)]);
    println!("{}", done.join(", "));
    assert_eq!(
        done,
        ["soup 1", "sauce 1", "rice 1", "soup 2", "rice 2", "soup 3"]
    );
}
