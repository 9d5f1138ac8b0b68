//! A program that does nothing: what the lab starts to see what starting costs.
//!
//! With an argument it does nothing for ever, until it is killed.

#![no_main]

use std::ffi::{c_char, c_int};

unsafe extern "C" {
    safe fn pause() -> c_int;
}

/// Called by the C library's start-up code. Without Rust's own, so that loading and ending is all
/// there is.
// SAFETY: no other function of this program is called `main`, and it has main's signature.
#[unsafe(no_mangle)]
extern "C" fn main(arguments: c_int, _: *const *const c_char) -> c_int {
    while arguments > 1 {
        // Returns only after a handler has run, and there is none.
        pause();
    }
    0
}
