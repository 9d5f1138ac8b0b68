//! Ignores each signal that can be ignored, and so does its child, in a session of its own.

unsafe extern "C" {
    fn fork() -> i32;
    fn setsid() -> i32;
    fn signal(signal: i32, action: usize) -> usize;
}

fn main() {
    const IGNORE: usize = 1;
    for number in 1..32 {
        // SAFETY: no handler runs.
        unsafe { signal(number, IGNORE) };
    }
    // SAFETY: there is one thread.
    if unsafe { fork() } == 0 {
        // SAFETY: it takes nothing.
        unsafe { setsid() };
    }
    println!("here");
    loop {
        std::thread::park();
    }
}
