//! What a thread has on its stack or in a thread-local, every thread can read: an
//! address is enough.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc;
use std::{ptr, thread};

thread_local! {
    static POCKET: AtomicU32 = const { AtomicU32::new(0) };
}

fn main() {
    let (tell, told) = mpsc::channel();
    let (stay, until) = mpsc::channel::<()>();

    let mother = thread::spawn(move || {
        let bowl = AtomicU32::new(200);
        POCKET.with(|pocket| {
            pocket.store(7, Relaxed);
            for place in [&bowl, pocket] {
                tell.send(place.as_ptr().expose_provenance())
                    .expect("I listen");
            }
            // She keeps both as they are until I have looked.
            let _ = until.recv();
        });
    });
    for (place, grams) in [("stack", 200), ("thread-local", 7)] {
        let address = told.recv().expect("she tells both");
        let hers = ptr::with_exposed_provenance_mut(address);
        // SAFETY: mother's bowl and pocket live until `stay` is dropped, and an
        // atomic may be read at any time by anyone.
        let hers = unsafe { AtomicU32::from_ptr(hers) }.load(Relaxed);
        println!("mother's {place:<13} at {address:#x}: {hers} g");
        assert_eq!(hers, grams, "nothing stands between her bowl and me");
    }
    POCKET.with(|mine| {
        println!(
            "my {:<19} at {:p}: {} g",
            "thread-local",
            mine,
            mine.load(Relaxed)
        );
        assert_eq!(mine.load(Relaxed), 0, "under one name, another place");
    });
    drop(stay);
    mother.join().expect("no panic");
}
