//! An exec keeps the process and what it has open, except what is marked
//! close-on-exec.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::{fd::AsRawFd, unix::process::CommandExt};
use std::process::{Command, id};
use std::{array, env};

use nix::unistd::dup;

/// Where each of two descriptors of ours stands, by `fdinfo` in proc(5).
fn places(descriptors: &[String]) -> [String; 2] {
    array::from_fn(|i| {
        let info = format!("/proc/self/fdinfo/{}", descriptors[i]);
        match fs::read_to_string(info) {
            Ok(info) => {
                info.replace("pos:\t", "at byte ").lines().take(1).collect()
            }
            Err(no) if no.kind() == io::ErrorKind::NotFound => "closed".into(),
            Err(no) => no.to_string(),
        }
    })
}

fn main() -> io::Result<()> {
    assert!(
        cfg!(target_os = "linux"),
        "only Linux has /proc/self/fdinfo"
    );
    let args: Vec<_> = env::args().skip(1).collect();
    if let [before, descriptors @ ..] = &args[..] {
        let [marked, unmarked] = places(descriptors);
        println!("after:  pid {}, marked {marked}, unmarked {unmarked}", id());
        assert_eq!(*before, id().to_string(), "it is the same house");
        assert_eq!(marked, "closed", "what is marked doesn't stay");
        assert_eq!(unmarked, "at byte 4", "all else does, with its bookmark");
        return Ok(());
    }

    // Rust's library marks what it opens. A dup begins unmarked (dup(2)).
    let mut book = File::open(env::current_exe()?)?;
    let copy = dup(&book)?;
    book.read_exact(&mut [0; 4])?;
    let both = [book.as_raw_fd(), copy.as_raw_fd()].map(|fd| fd.to_string());
    let [marked, unmarked] = places(&both);
    println!("before: pid {}, marked {marked}, unmarked {unmarked}", id());
    assert_eq!(
        [marked, unmarked],
        ["at byte 4"; 2],
        "one bookmark, two ways"
    );

    // This program once more, in this process. It comes back only if it fails.
    let mut again = Command::new(env::current_exe()?);
    Err(again.arg(id().to_string()).args(both).exec())
}
