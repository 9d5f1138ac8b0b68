//! Rust's `exit` flushes what `print!` has put into its buffer, and C's doesn't.

use std::process::{self, Command, Stdio};
use std::{env, io};

use nix::libc;

fn main() -> io::Result<()> {
    if let Some(language) = env::args().nth(1) {
        // Without an end of line, it stays in the buffer.
        print!("200 g of sugar");
        if language == "C" {
            // SAFETY: there is one thread, and this is no handler of atexit(3).
            unsafe { libc::exit(0) }
        }
        process::exit(0);
    }

    // The same program once more for each, so that we can see what came out.
    for (language, heard) in [("Rust", "200 g of sugar"), ("C", "")] {
        let mut house = Command::new(env::current_exe()?);
        let house = house.arg(language).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8_lossy(&house.stdout);
        println!("exit of {language:<5} {}, {text:?}", house.status);
        assert!(house.status.success(), "neither calls it a failure");
        assert_eq!(text, heard, "what was printed before the exit");
    }
    Ok(())
}
