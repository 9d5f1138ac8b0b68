//! Two threads change two halves of one slice: no copy, no lock, no shared
//! ownership.

use std::thread;

fn main() {
    let mut tray = vec![b'.'; 1_000_000];
    let start = tray.as_ptr().addr();
    println!("me:     {} cookies at {start:#x}", tray.len());
    let (left, right) = tray.split_at_mut(500_000);

    let bake = |half: &mut [u8], cook: u8| {
        half.fill(cook);
        half.as_ptr().addr()
    };
    let (mothers, sisters) = thread::scope(|kitchen| {
        let mother = kitchen.spawn(|| bake(left, b'm'));
        let sister = kitchen.spawn(|| bake(right, b's'));
        (mother.join().unwrap(), sister.join().unwrap())
    });
    println!("mother: 500000 of them at {mothers:#x}");
    println!("sister: 500000 of them at {sisters:#x}");
    assert_eq!(mothers, start, "mother's half is the beginning of my tray");
    assert_eq!(sisters, start + 500_000, "sister's is the rest");

    // They have ended, so the tray is mine again.
    let middle = String::from_utf8_lossy(&tray[499_997..500_003]);
    println!("me:     {middle} in the middle");
    assert!(tray[..500_000].iter().all(|&cookie| cookie == b'm'));
    assert!(tray[500_000..].iter().all(|&cookie| cookie == b's'));
}
