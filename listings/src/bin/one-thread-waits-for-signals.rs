//! Blocked in `main` and awaited by one thread, a signal is an event like others: no
//! handler, no interrupted call.

use std::sync::mpsc;
use std::thread;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;

fn main() -> nix::Result<()> {
    // Before the first thread starts: all of them inherit this mask.
    let stop = SigSet::from(Signal::SIGTERM);
    stop.thread_block()?;

    let (tell, orders) = mpsc::channel();
    let from_outside = tell.clone();
    let listener = thread::spawn(move || {
        let signal = stop.wait()?;
        // Ordinary code: it may lock, allocate and print.
        println!("sister: {signal}, so I tell the kitchen");
        from_outside.send("close").expect("the kitchen is open");
        nix::Result::Ok(())
    });

    tell.send("bake").expect("the kitchen is open");
    kill(Pid::this(), Signal::SIGTERM)?;
    let mut done = Vec::new();
    for order in orders {
        println!("me: {order}");
        done.push(order);
        if order == "close" {
            break;
        }
    }
    listener.join().expect("no panic")?;
    assert_eq!(done, ["bake", "close"], "SIGTERM came in its turn");
    println!("me: the work is done, and I end by myself");
    Ok(())
}
