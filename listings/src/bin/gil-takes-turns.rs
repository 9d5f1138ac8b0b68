//! Threads of Python run on all processors, and one at a time: they need a lock, the
//! GIL, for each step. Two of them get no more than one processor's time.
//!
//! Not in the page: its machine has no Python.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

/// Prints how much processor time two threads used in each second.
const PROGRAM: &str = "
import sys, sysconfig, threading, time
if sysconfig.get_config_var('Py_GIL_DISABLED'):
    sys.exit('this Python has no GIL')

def bake():
    for _ in range(3_000_000):
        pass

cooks = [threading.Thread(target=bake) for _ in range(2)]
start, used = time.monotonic(), time.process_time()
for cook in cooks:
    cook.start()
for cook in cooks:
    cook.join()
print((time.process_time() - used) / (time.monotonic() - start))
";

fn main() -> io::Result<()> {
    if available_parallelism()?.get() < 2 {
        println!("Not here: on one processor, no two threads run at once anyway");
        return Ok(());
    }
    // By its path: a version manager's `python3` is a script.
    let python = Command::new("/usr/bin/python3")
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut python = match python {
        Ok(python) => python,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            println!("Not here: no /usr/bin/python3");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let sent = python
        .stdin
        .take()
        .expect("a pipe")
        .write_all(PROGRAM.as_bytes());
    let output = python.wait_with_output()?;
    sent?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        println!(
            "Not here: {}",
            why.lines().last().unwrap_or("Python failed")
        );
        return Ok(());
    }
    let processors = String::from_utf8_lossy(&output.stdout);
    let processors: f64 = processors.trim().parse().expect("a number");
    println!(
        "two threads used more than one processor: {}",
        processors > 1.2
    );
    assert!(processors <= 1.2, "{processors} processors");
    Ok(())
}
