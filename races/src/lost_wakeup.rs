//! Lets loom look for an order in which waiting for a cookie goes wrong, and prints the first.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::{Arc, Mutex as StdMutex};

use loom::sync::{Condvar, Mutex};
use loom::thread;

/// What one run did, step by step. Not loom's: it must outlive a run that fails.
type Journal = Arc<StdMutex<Vec<String>>>;

struct Kitchen {
    cookies: Mutex<u32>,
    baked: Condvar,
    journal: Journal,
}

impl Kitchen {
    fn note(&self, step: String) {
        self.journal.lock().unwrap().push(step);
    }

    fn eat(&self, cook: &str, cookies: &mut u32) {
        self.note(format!("{cook} finds {cookies}"));
        *cookies = cookies.saturating_sub(1);
    }
}

// ANCHOR: models
fn looks_again(kitchen: &Kitchen, cook: &str) {
    let mut cookies = kitchen.cookies.lock().unwrap();
    while *cookies == 0 {
        kitchen.note(format!("{cook} waits"));
        cookies = kitchen.baked.wait(cookies).unwrap();
    }
    kitchen.eat(cook, &mut cookies);
}

fn looks_once(kitchen: &Kitchen, cook: &str) {
    let mut cookies = kitchen.cookies.lock().unwrap();
    if *cookies == 0 {
        kitchen.note(format!("{cook} waits"));
        cookies = kitchen.baked.wait(cookies).unwrap();
    }
    kitchen.eat(cook, &mut cookies);
}

fn lets_go_between(kitchen: &Kitchen, cook: &str) {
    let none = *kitchen.cookies.lock().unwrap() == 0;
    // Between looking and waiting, nobody holds the lock.
    let mut cookies = kitchen.cookies.lock().unwrap();
    if none {
        kitchen.note(format!("{cook} saw none and waits"));
        cookies = kitchen.baked.wait(cookies).unwrap();
    }
    kitchen.eat(cook, &mut cookies);
}

fn bakes(kitchen: &Kitchen) {
    *kitchen.cookies.lock().unwrap() += 1;
    kitchen.note("I bake one".to_owned());
    kitchen.baked.notify_one();
}
// ANCHOR_END: models

/// Runs mother and sister, who each take a cookie, beside me, who bakes one for each, in every order.
/// Returns how many orders there are, or the steps of the first that goes wrong.
fn search(take: fn(&Kitchen, &str)) -> Result<usize, String> {
    let runs = Arc::new(StdMutex::new(Vec::new()));
    let journals = Arc::clone(&runs);
    let model = move || {
        let journal = Journal::default();
        journals.lock().unwrap().push(Arc::clone(&journal));
        let kitchen = Rc::new(Kitchen {
            cookies: Mutex::new(0),
            baked: Condvar::new(),
            journal,
        });
        let cooks = ["mother", "sister"].map(|cook| {
            let kitchen = Rc::clone(&kitchen);
            thread::spawn(move || take(&kitchen, cook))
        });
        bakes(&kitchen);
        bakes(&kitchen);
        for cook in cooks {
            cook.join().unwrap();
        }
    };
    let deadlock = panic::catch_unwind(AssertUnwindSafe(|| loom::model(model))).is_err();
    let orders: Vec<String> = runs
        .lock()
        .unwrap()
        .iter()
        .map(|journal: &Journal| journal.lock().unwrap().join(", "))
        .collect();
    if let Some(steps) = orders.iter().find(|steps| steps.contains("finds 0")) {
        return Err(steps.clone());
    }
    if deadlock {
        // loom stops at the first.
        return Err(format!(
            "{}: nobody will wake her",
            orders.last().expect("a run")
        ));
    }
    // loom runs some orders more than once. They differ in steps of its own, such as the join.
    Ok(BTreeSet::from_iter(orders).len())
}

fn report() -> String {
    let mut report = String::new();
    for (name, take) in [
        ("looks once", looks_once as fn(&_, &_)),
        ("lets go between", lets_go_between),
        ("looks again", looks_again),
    ] {
        match search(take) {
            Ok(orders) => writeln!(report, "{name}: goes well in all {orders} orders"),
            Err(steps) => writeln!(report, "{name}: goes wrong\n  {steps}"),
        }
        .unwrap();
    }
    report
}

pub fn main() {
    print!("{}", report());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_shows_the_orders_that_loom_finds() {
        let recorded = include_str!("../lost-wakeup.txt");
        assert_eq!(
            report(),
            recorded,
            "cargo run -p races -- lost-wakeup > races/lost-wakeup.txt"
        );
    }

    #[test]
    fn who_looks_again_under_the_lock_always_finds_a_cookie() {
        assert!(search(looks_again).is_ok());
        assert!(search(looks_once).unwrap_err().contains("finds 0"));
        assert!(search(lets_go_between).unwrap_err().ends_with("wake her"));
    }
}
