#[cfg_attr(feature = "solutions", path = "../src/solutions/recovery.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/recovery.rs")]
mod recovery;

use std::sync::Mutex;
use std::thread;

use recovery::{Dough, mend};

fn half_done(sugar: u32) -> Mutex<Dough> {
    let dough = Mutex::new(Dough {
        sugar: 200,
        flour: 200,
    });
    thread::scope(|kitchen| {
        let mother = kitchen.spawn(|| {
            let mut dough = dough.lock().unwrap();
            dough.sugar += sugar;
            panic!("no flour");
        });
        mother.join().expect_err("she panicked");
    });
    dough
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn a_change_cut_short_is_finished() {
    for sugar in [0, 100, 150] {
        let dough = half_done(sugar);
        assert_eq!(mend(&dough), sugar, "so much flour was missing");
        assert!(!dough.is_poisoned(), "the lock is like new");
        let mended = dough.lock().unwrap();
        assert_eq!((mended.sugar, mended.flour), (200 + sugar, 200 + sugar));
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn what_is_whole_stays() {
    let dough = Mutex::new(Dough {
        sugar: 200,
        flour: 200,
    });
    assert_eq!(mend(&dough), 0);
    let dough = dough.lock().unwrap();
    assert_eq!((dough.sugar, dough.flour), (200, 200));
}
