//! Each of eight processes takes 100 MiB and keeps it.

unsafe extern "C" {
    fn fork() -> i32;
}

fn main() {
    for _ in 0..3 {
        // SAFETY: there is one thread.
        unsafe { fork() };
    }
    let _all = vec![1_u8; 100 << 20];
    loop {
        std::thread::park();
    }
}
