//! Tells what it finds, and leaves files behind.

use std::io::{Read, stdin};
use std::{env, fs};

fn main() {
    let place = env::current_dir().unwrap();
    println!("{}", place.display());
    let mut input = String::new();
    stdin().read_to_string(&mut input).unwrap();
    println!("{} files", fs::read_dir(&place).unwrap().count());
    println!("{} arguments", env::args().count() - 1);
    println!("{} bytes of input", input.len());
    println!("terminal: {}", fs::File::open("/dev/tty").is_ok());
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let core = limits.lines().find(|line| line.contains("core file"));
    let core: Vec<&str> = core.unwrap().split_whitespace().collect();
    println!("{}", core.join(" "));
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.split(' ').collect();
    println!("leads its group: {}", fields[0] == fields[4]);
    fs::create_dir_all("a/b").unwrap();
    fs::write("a/b/crumbs", "crumbs").unwrap();
}
