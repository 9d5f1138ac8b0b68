#[cfg_attr(feature = "solutions", path = "../src/solutions/resources.rs")]
#[cfg_attr(not(feature = "solutions"), path = "../src/resources.rs")]
mod resources;

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::fd::AsRawFd;
use std::process::Command;

use resources::lend;

#[test]
#[ignore = "an exercise: yours to solve"]
fn my_bookmark_stays_while_she_reads() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let (text, mut book) =
        (fs::read_to_string(path).unwrap(), File::open(path).unwrap());
    book.read_exact(&mut [0; 10]).unwrap();

    // She reads it all, and then looks where my bookmark is.
    let mine = format!("/proc/$PPID/fdinfo/{}", book.as_raw_fd());
    let read = lend(
        &book,
        Command::new("sh").args(["-c", &format!("cat && cat {mine}")]),
    );

    let read = String::from_utf8(read.unwrap().stdout).unwrap();
    let (hers, mine) = read.split_at(text.len().min(read.len()));
    assert_eq!(hers, text, "all of it, from the first byte");
    assert!(mine.starts_with("pos:\t10\n"), "meanwhile: {mine:?}");
    assert_eq!(book.stream_position().unwrap(), 10, "and afterwards");
}
