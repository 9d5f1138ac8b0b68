//! A thread whose handle is dropped runs on, and nobody gets its result.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::{fs, thread};

/// The kernel's answer: `PID/task/TID`, the process and the thread that ask.
fn whoami() -> PathBuf {
    fs::read_link("/proc/thread-self").expect("/proc is mounted")
}

/// A result that says by which thread it is thrown away.
struct Cookies(Sender<PathBuf>);

impl Drop for Cookies {
    fn drop(&mut self) {
        self.0.send(whoami()).expect("I listen");
    }
}

fn main() {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has /proc/thread-self"
    );
    let (call, called) = mpsc::channel::<()>();
    let (answer, answered) = mpsc::channel();

    let sister = thread::spawn(move || {
        called.recv().expect("I call");
        answer.send(whoami()).expect("I listen");
        // Ends by an error, once I hang up.
        let _ = called.recv();
        Cookies(answer)
    });
    drop(sister);
    println!("me:     I dropped my sister's handle");

    call.send(()).expect("she is still there");
    let sister = answered.recv().expect("she answers");
    println!("sister: process {}, still at work", sister.display());
    let is_listed = Path::new("/proc").join(&sister).exists();
    assert!(is_listed, "the kernel still has her among my threads");

    drop(call);
    let thrower = answered.recv().expect("she is done, and had cookies");
    println!("sister: process {}, cookies thrown away", thrower.display());
    assert_eq!(thrower, sister, "by herself: nobody took them");
}
