//! Four threads change one number, and a lock lets one at a time.

use std::sync::Mutex;
use std::thread;

fn main() {
    let cookies = Mutex::new(0);

    thread::scope(|kitchen| {
        for _ in 0..4 {
            kitchen.spawn(|| {
                for _ in 0..1000 {
                    *cookies.lock().unwrap() += 1;
                }
            });
        }
    });

    let cookies = cookies.into_inner().unwrap();
    println!("4 cooks, 1000 cookies each: {cookies}");
    assert_eq!(cookies, 4000, "none was lost");
}
