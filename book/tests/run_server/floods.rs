//! Prints without end.

fn main() {
    loop {
        println!("water, and more water");
    }
}
