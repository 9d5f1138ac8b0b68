//! Prints its environment.

fn main() {
    for (name, value) in std::env::vars_os() {
        println!("{}={}", name.display(), value.display());
    }
}
