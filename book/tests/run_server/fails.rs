//! Ends with an error.

fn main() {
    std::process::exit(3);
}
