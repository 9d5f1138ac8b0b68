#[cfg_attr(feature = "solutions", path = "../src/solutions/interview.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/interview.rs")]
mod interview;

use std::thread;

use interview::{Mailbox, put, take};

#[test]
#[ignore = "an exercise: yours to solve"]
fn a_message_that_is_there_is_whole() {
    for message in 1..2000 {
        let mailbox = &Mailbox::default();
        assert_eq!(take(mailbox), None, "nothing was put there yet");
        thread::scope(|kitchen| {
            kitchen.spawn(move || put(mailbox, message));
            loop {
                match take(mailbox) {
                    Some(taken) => break assert_eq!(taken, message),
                    None => thread::yield_now(),
                }
            }
        });
    }
}
