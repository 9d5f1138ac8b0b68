//! Doesn't compile.

fn main() {
    let number: u32 = "one";
}
