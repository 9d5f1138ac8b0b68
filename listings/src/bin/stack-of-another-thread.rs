//! A thread's stack is its own by custom only: another thread changes what lies on it.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{fs, io, thread};

/// The mapping that an address lies in: a line of /proc/self/maps, `from-to ...`.
fn mapping(address: usize) -> io::Result<String> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let holds = |line: &&str| {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let hex = |digits| usize::from_str_radix(digits, 16).unwrap();
        (hex(from)..hex(to)).contains(&address)
    };
    Ok(maps.lines().find(holds).expect("it is mapped").to_owned())
}

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self/maps");
    let bowl = AtomicU32::new(500);
    let mine = mapping((&raw const bowl).addr())?;
    println!("me:     my bowl at {:p}, {bowl:?} g", &bowl);
    assert!(
        mine.ends_with("[stack]"),
        "it stands on the first thread's stack"
    );

    thread::scope(|kitchen| {
        let sister = kitchen.spawn(|| {
            let spoon = 200;
            let hers = mapping((&raw const spoon).addr())?;
            assert_ne!(hers, mine, "her stack is another");
            println!("sister: my spoon at {:p}, on another stack", &spoon);
            bowl.fetch_sub(spoon, Relaxed);
            println!("sister: your bowl at {:p}, {bowl:?} g", &bowl);
            io::Result::Ok(())
        });
        sister.join().expect("no panic")
    })?;
    println!("me:     my bowl at {:p}, {bowl:?} g", &bowl);
    assert_eq!(bowl.into_inner(), 300, "no wall kept her out of it");
    Ok(())
}
