//! Takes memory without end: for the sake of the machine that runs the tests, up to 4 GiB.

fn main() {
    let mut all = Vec::new();
    for _ in 0..4096 {
        all.push(vec![1_u8; 1 << 20]);
    }
    println!("{} MiB", all.len());
}
