//! A duplicate leads to the same open file; opening once more makes another one.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsRawFd;
use std::process::{Command, Output};

pub fn lend(book: &File, reader: &mut Command) -> io::Result<Output> {
    // A name for whatever is open there (`fd` in proc(5)): even if its own is gone.
    let hers = File::open(format!("/proc/self/fd/{}", book.as_raw_fd()))?;
    reader.stdin(hers).output()
}

pub fn main() {
    let program = std::env::current_exe().expect("Linux tells");
    let mut book = File::open(program).expect("it is there");
    book.read_exact(&mut [0; 100]).expect("it is longer");

    let read = lend(&book, Command::new("head").args(["-c", "4"]));
    let read = read.expect("head can be run").stdout;
    let place = book.stream_position().expect("a file has one");
    println!("my friend read {read:?}, and I am still at byte {place}");
    assert_eq!(read, b"\x7fELF", "she began at the beginning");
    assert_eq!(place, 100, "my bookmark stays");
}
