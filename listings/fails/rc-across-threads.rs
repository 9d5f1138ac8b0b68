//! Two owners in two threads would count with a plain number, and lose count.
//!
//! Must not compile: E0277.

use std::rc::Rc;
use std::thread;

fn main() {
    let recipe = Rc::new("200 g of sugar");
    let hers = Rc::clone(&recipe);

    thread::spawn(move || println!("sister: {hers}"))
        .join()
        .unwrap();
    println!("me: {recipe}");
}
