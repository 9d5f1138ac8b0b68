//! A program that does nothing: what the lab starts to see what starting costs.
//!
//! With an argument it writes a byte to its standard output and waits until it is killed.

#![no_main]

use std::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    safe fn pause() -> c_int;
    fn write(file: c_int, bytes: *const c_void, count: usize) -> isize;
}

/// Called by the C library's start-up code. Without Rust's own, so that loading and ending is all
/// there is.
// SAFETY: no other function of this program is called `main`, and it has main's signature.
#[unsafe(no_mangle)]
extern "C" fn main(arguments: c_int, _: *const *const c_char) -> c_int {
    if arguments > 1 {
        // SAFETY: one byte of a constant is read.
        unsafe { write(1, b"1".as_ptr().cast(), 1) };
        loop {
            // Returns only after a handler has run, and there is none.
            pause();
        }
    }
    0
}
