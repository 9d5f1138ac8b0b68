//! Prints on both streams.

fn main() {
    println!("from the kitchen");
    eprintln!("from the cellar");
}
