//! Code, statics, heap and stacks are parts of one address space, with rights of
//! their own.

use std::sync::atomic::AtomicU32;
use std::{fs, io, thread};

static FLOUR: AtomicU32 = AtomicU32::new(500);

fn main() -> io::Result<()> {
    assert!(cfg!(target_os = "linux"), "only Linux has /proc/self/maps");
    if !cfg!(target_env = "gnu") {
        println!("Not here: the place of a small Box is that of glibc's malloc(3)");
        return Ok(());
    }
    let (bowl, bag) = (500, Box::new(500));
    let map = thread::scope(|kitchen| {
        let sister = kitchen.spawn(|| {
            let spoon = 1;
            let map = [
                ("the code of main", (main as *const ()).addr(), "r-xp"),
                ("a static", (&raw const FLOUR).addr(), "rw-p"),
                ("a Box of main", (&raw const *bag).addr(), "rw-p"),
                ("a local of a thread", (&raw const spoon).addr(), "rw-p"),
                ("a local of main", (&raw const bowl).addr(), "rw-p"),
            ];
            let maps = fs::read_to_string("/proc/self/maps")?;
            for (what, address, rights) in map {
                // Each line: from-to rights offset device inode name.
                let holds = |line: &&str| {
                    let range = line.split(' ').next().unwrap().split('-');
                    let ends =
                        range.map(|hex| usize::from_str_radix(hex, 16).unwrap());
                    let ends = ends.collect::<Vec<_>>();
                    (ends[0]..ends[1]).contains(&address)
                };
                let line = maps.lines().find(holds).expect("it is mapped");
                let name = line.rsplit(['/', ' ']).next().filter(|n| !n.is_empty());
                let name = name.unwrap_or("no name");
                println!("{rights}  {what:<20}  {name:<13}  {address:#x}");
                assert_eq!(line.split(' ').nth(1), Some(rights), "{what}");
            }
            io::Result::Ok(map.map(|(_, address, _)| address))
        });
        sister.join().expect("no panic")
    })?;

    let [code, global, heap, stack, main_stack] = map;
    assert!(
        code < global && global < heap,
        "the program, and behind it the heap"
    );
    assert!(
        main_stack > heap.max(stack),
        "main's stack is above them all"
    );
    Ok(())
}
