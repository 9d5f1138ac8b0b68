//! A channel between threads passes a value on without copying what it points to.

use std::sync::mpsc;
use std::thread;

fn main() {
    let (hatch, table) = mpsc::channel();

    let mother = thread::spawn(move || {
        let dough = vec![1_u8; 1_000_000];
        let address = dough.as_ptr().addr();
        println!("mother: {} g of dough at {address:#x}", dough.len());
        hatch.send(dough).expect("the other end is open");
        // `dough` is gone from here: the compiler refuses another use of it.
        address
    });

    let dough = table.recv().expect("mother sends before she ends");
    println!(
        "me:     {} g of dough at {:#x}",
        dough.len(),
        dough.as_ptr().addr()
    );
    let address = mother.join().expect("mother doesn't panic");
    assert_eq!(dough.as_ptr().addr(), address, "not one gram was copied");
}
