//! Ends, and leaves a grandchild in a session of its own that would print later and wait for ever.

unsafe extern "C" {
    fn fork() -> i32;
    fn setsid() -> i32;
}

fn main() {
    // SAFETY: there is one thread.
    if unsafe { fork() } == 0 {
        // SAFETY: there is one thread.
        if unsafe { fork() } == 0 {
            // SAFETY: it takes nothing.
            unsafe { setsid() };
            loop {
                std::thread::park();
            }
        }
        std::process::exit(0);
    }
    println!("done");
}
