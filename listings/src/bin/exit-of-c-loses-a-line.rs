//! Rust's `exit` flushes what `print!` has put into its buffer, and C's doesn't.

use std::process::{self, Command, Stdio};
use std::{env, io};

use nix::libc;

fn main() -> io::Result<()> {
    if let Some(way) = env::args().nth(1) {
        // Without an end of line, it stays in the buffer.
        print!("200 g of sugar");
        match &*way {
            "return" => return Ok(()),
            "exit of Rust" => process::exit(0),
            // SAFETY: there is one thread, and this is no handler of atexit(3).
            _ => unsafe { libc::exit(0) },
        }
    }

    // The same program, once more for each way: we see what comes out.
    let sugar = "200 g of sugar";
    for (way, heard) in [
        ("return", sugar),
        ("exit of Rust", sugar),
        ("exit of C", ""),
    ] {
        let mut house = Command::new(env::current_exe()?);
        let house = house.arg(way).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8_lossy(&house.stdout);
        println!("{way:<12}  {}, {text:?}", house.status);
        assert!(house.status.success(), "none of them calls it a failure");
        assert_eq!(text, heard, "what was printed before the end");
    }
    Ok(())
}
