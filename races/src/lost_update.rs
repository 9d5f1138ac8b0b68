//! Lets loom run the lost update in every order of its steps, and prints them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::rc::Rc;
use std::sync::mpsc;

use loom::sync::Mutex;
use loom::thread;

/// loom runs all of a model's threads in turn on one real thread: a `RefCell` will do.
struct Kitchen {
    plate: Mutex<u32>,
    journal: RefCell<Vec<String>>,
}

impl Kitchen {
    fn note(&self, step: String) {
        self.journal.borrow_mut().push(step);
    }
}

// ANCHOR: models
fn a_lock_for_each_step(kitchen: &Kitchen, cook: &str) {
    let read = *kitchen.plate.lock().unwrap();
    kitchen.note(format!("{cook} read {read}"));
    // Between these two statements, nobody holds the lock.
    *kitchen.plate.lock().unwrap() = read + 1;
    kitchen.note(format!("{cook} wrote {}", read + 1));
}

fn one_lock_for_both(kitchen: &Kitchen, cook: &str) {
    let mut plate = kitchen.plate.lock().unwrap();
    let read = *plate;
    kitchen.note(format!("{cook} read {read}"));
    *plate = read + 1;
    kitchen.note(format!("{cook} wrote {}", read + 1));
}
// ANCHOR_END: models

/// Each order in which my sister and I can `bake`, and the cookies on the plate after it.
fn every_order(bake: fn(&Kitchen, &str)) -> BTreeSet<(String, u32)> {
    let (sender, orders) = mpsc::channel();
    loom::model(move || {
        let kitchen = Rc::new(Kitchen {
            plate: Mutex::new(0),
            journal: RefCell::default(),
        });
        let hers = Rc::clone(&kitchen);
        let sister = thread::spawn(move || bake(&hers, "sister"));
        bake(&kitchen, "I");
        sister.join().unwrap();

        let cookies = *kitchen.plate.lock().unwrap();
        let order = kitchen.journal.borrow().join(", ");
        sender.send((order, cookies)).expect("they are collected");
    });
    // loom runs some orders more than once. They differ in steps of its own, such as the join.
    orders.into_iter().collect()
}

fn report() -> String {
    let mut report = String::new();
    for (name, bake) in [
        ("a lock for each step", a_lock_for_each_step as fn(&_, &_)),
        ("one lock for both", one_lock_for_both),
    ] {
        let orders = every_order(bake);
        let lost = orders.iter().filter(|(_, cookies)| *cookies < 2).count();
        writeln!(
            report,
            "{name}: {} orders, {lost} lose a cookie",
            orders.len()
        )
        .unwrap();
        for (order, cookies) in orders {
            writeln!(report, "  {order}: {cookies}").unwrap();
        }
    }
    report
}

pub fn main() {
    print!("{}", report());
}

#[cfg(test)]
mod tests {
    use std::panic;

    use super::*;

    #[test]
    fn the_book_shows_the_orders_that_loom_finds() {
        let recorded = include_str!("../lost-update.txt");
        assert_eq!(
            report(),
            recorded,
            "cargo run -p races -- lost-update > races/lost-update.txt"
        );
    }

    #[test]
    fn an_update_is_lost_only_if_the_lock_is_let_go_between_the_steps() {
        let cookies = |bake| -> BTreeSet<u32> {
            every_order(bake)
                .into_iter()
                .map(|(_, cookies)| cookies)
                .collect()
        };
        assert_eq!(cookies(a_lock_for_each_step), BTreeSet::from([1, 2]));
        assert_eq!(cookies(one_lock_for_both), BTreeSet::from([2]));
    }

    /// My sister takes two locks in this order, and I take the first of them first.
    fn two_locks(hers: [usize; 2]) {
        loom::model(move || {
            let locks = Rc::new([Mutex::new(()), Mutex::new(())]);
            let both = |locks: &[Mutex<()>; 2], [first, second]: [usize; 2]| {
                let _first = locks[first].lock().unwrap();
                let _second = locks[second].lock().unwrap();
            };
            let her_locks = Rc::clone(&locks);
            let sister = thread::spawn(move || both(&her_locks, hers));
            both(&locks, [0, 1]);
            sister.join().unwrap();
        });
    }

    #[test]
    fn locks_taken_in_opposite_orders_can_deadlock() {
        let panic = panic::catch_unwind(|| two_locks([1, 0])).expect_err("loom gives up");
        let message = panic.downcast::<String>().expect("a message");
        assert!(message.starts_with("deadlock"), "{message}");
    }

    #[test]
    fn locks_taken_in_one_order_never_do() {
        two_locks([0, 1]);
    }
}
