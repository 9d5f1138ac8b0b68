//! When main returns, the process ends, whatever its other threads are doing.

use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::{env, io, thread};

fn main() -> io::Result<()> {
    if env::args().nth(1).is_some_and(|who| who == "house") {
        let (begin, begun) = mpsc::channel();
        thread::spawn(move || {
            println!("sister: I bake until somebody stops me");
            begin.send(()).unwrap();
            loop {
                thread::park();
            }
        });
        begun.recv().unwrap();
        println!("me:     I return from main");
        return Ok(());
    }

    // The same program once more, as a process of its own that we can watch to its
    // end.
    let mut house = Command::new(env::current_exe()?);
    let house = house.arg("house").stderr(Stdio::inherit()).output()?;
    print!("{}", String::from_utf8_lossy(&house.stdout));
    println!("house:  {}", house.status);
    assert!(
        house.status.success(),
        "it ended without the sister, and nothing went wrong"
    );
    Ok(())
}
