//! Kills the process that watches it, and goes on.

unsafe extern "C" {
    fn getppid() -> i32;
    fn kill(process: i32, signal: i32) -> i32;
}

fn main() {
    // SAFETY: it takes numbers.
    unsafe { kill(getppid(), 9) };
    loop {
        std::thread::park();
    }
}
