//! The dough waits for flour and sugar, the cookies for dough and oven.

use std::sync::mpsc;
use std::thread;

pub fn bake_with_sisters_help(
    work: impl Fn(usize, usize) -> usize + Sync,
) -> usize {
    let work = &work;
    let (hatch, table) = mpsc::channel();

    let (dough, oven) = thread::scope(|kitchen| {
        let mother = kitchen.spawn(|| work(0, 1));
        let sister = kitchen.spawn(move || {
            let sugar = work(0, 1);
            hatch.send(sugar).expect("I wait for it");
            work(sugar, 4)
        });
        let flour = mother.join().expect("no panic");
        let sugar = table.recv().expect("she sends it");
        let dough = work(flour.max(sugar), 3);
        (dough, sister.join().expect("no panic"))
    });
    work(dough.max(oven), 2)
}

pub fn main() {
    let minute = bake_with_sisters_help(|from, steps| from + steps);
    println!("done in minute {minute}");
    assert_eq!(minute, 7, "the chain through the oven is now the longest");
}
