//! Says that it is there, and waits for ever.

fn main() {
    println!("here");
    loop {
        std::thread::park();
    }
}
