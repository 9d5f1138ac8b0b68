//! Prints what is no UTF-8, and a character in pieces.

use std::io::{Write, stdout};

fn main() {
    for byte in [b'a', 0xff, b'b', 0xe2, 0x82, 0xac, b'\n', 0, 0xe2] {
        stdout().write_all(&[byte]).unwrap();
        stdout().flush().unwrap();
    }
}
