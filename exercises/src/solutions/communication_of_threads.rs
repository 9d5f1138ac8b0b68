//! The channel ends with its last sender, and the one who made it holds one.

use std::sync::mpsc;
use std::thread;

pub fn serve_as_baked(
    cooks: u32,
    bake: impl Fn(u32) -> u32 + Sync,
    serve: impl FnMut(u32),
) {
    let bake = &bake;
    let (hatch, table) = mpsc::channel();
    thread::scope(|kitchen| {
        for cook in 1..=cooks {
            let hatch = hatch.clone();
            // If I'm gone, nobody waits for her cookie.
            kitchen.spawn(move || _ = hatch.send(bake(cook)));
        }
        drop(hatch);
        table.into_iter().for_each(serve);
    });
}

pub fn main() {
    let mut sum = 0;
    serve_as_baked(3, |cook| cook * 100, |grams| sum += grams);
    println!("{sum} g of cookies");
    assert_eq!(sum, 600, "each was served, once");
}
