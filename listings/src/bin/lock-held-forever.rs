//! A lock that another thread holds at the fork is never unlocked in the child.

use std::sync::{Mutex, mpsc};
use std::{io, thread};

use nix::libc::_exit;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe, read};

fn main() -> io::Result<()> {
    let (sugar, flour) = (&Mutex::new(500), &Mutex::new(500));
    let opens = |drawer: &Mutex<u32>| drawer.try_lock().is_ok();
    let (gate, key) = pipe()?;

    thread::scope(|house| {
        let (says, hears) = mpsc::channel();
        let (dough, is_ready) = mpsc::channel::<()>();
        let mother = house.spawn(move || {
            let _held = sugar.lock();
            says.send("the sugar is mine").expect("I listen");
            // Until the other end is dropped.
            let _ = is_ready.recv();
        });
        hears.recv().expect("she says so");

        // SAFETY: the child calls close, read and _exit, which are async-signal-safe,
        // and try_lock and its unlock. On Linux these two are atomic operations, and
        // at most a futex wake: they neither wait nor allocate.
        let child = match unsafe { fork() }? {
            ForkResult::Child => {
                drop(key);
                let _ = read(&gate, &mut [0]);
                let status = i32::from(opens(flour)) + 2 * i32::from(opens(sugar));
                // SAFETY: it ends the process, and runs nothing else of ours.
                unsafe { _exit(status) }
            }
            ForkResult::Parent { child } => child,
        };
        drop(dough);
        mother.join().expect("no panic");
        let mine = [opens(flour), opens(sugar)];
        // Only now does the child try.
        drop(key);
        let WaitStatus::Exited(_, status) = waitpid(child, None)? else {
            panic!("the child says by its status what it found")
        };
        let copied = [status & 1 != 0, status & 2 != 0];

        println!("does it open?   in my house   in the copy");
        for (row, drawer) in ["flour", "sugar"].into_iter().enumerate() {
            println!("{drawer:<16}{:<14}{}", mine[row], copied[row]);
        }
        assert_eq!(mine, [true, true], "mother unlocked mine");
        assert!(copied[0], "nobody held the flour at the fork");
        assert!(!copied[1], "who held the sugar doesn't exist in the copy");
        Ok(())
    })
}
