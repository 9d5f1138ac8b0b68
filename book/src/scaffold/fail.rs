//! New programs that must not compile.

/// A program that the compiler refuses with this one code; nothing for a code that no template has.
pub fn program(code: &str) -> Option<String> {
    let (_, point, body) = TEMPLATES.into_iter().find(|(known, ..)| *known == code)?;
    Some(format!(
        "//! {point}\n//!\n//! Must not compile: {code}.\n\n{body}"
    ))
}

/// The codes that there is a template for.
pub fn codes() -> impl Iterator<Item = &'static str> {
    TEMPLATES.into_iter().map(|(code, ..)| code)
}

/// Code, point and program: the errors by which Rust keeps threads from harm, and their kin.
const TEMPLATES: [(&str, &str, &str); 8] = [
    (
        "E0277",
        "What counts its owners without a lock can't go to another thread.",
        "\
use std::rc::Rc;
use std::thread;

fn main() {
    let dough = Rc::new(500);
    thread::spawn(move || println!(\"{dough} g\"));
}
",
    ),
    (
        "E0373",
        "A thread can't borrow what may end before it.",
        "\
use std::thread;

fn main() {
    let dough = 500;
    thread::spawn(|| println!(\"{dough} g\"));
}
",
    ),
    (
        "E0382",
        "What moved to a thread is gone from here.",
        "\
use std::thread;

fn main() {
    let dough = String::from(\"500 g\");
    thread::spawn(move || println!(\"{dough}\"));
    println!(\"{dough}\");
}
",
    ),
    (
        "E0499",
        "Two threads can't both change the same dough.",
        "\
use std::thread;

fn main() {
    let mut dough = 500;
    thread::scope(|kitchen| {
        kitchen.spawn(|| dough += 1);
        kitchen.spawn(|| dough += 1);
    });
}
",
    ),
    (
        "E0502",
        "One thread can't change what another reads.",
        "\
use std::thread;

fn main() {
    let mut dough = 500;
    thread::scope(|kitchen| {
        kitchen.spawn(|| println!(\"{dough} g\"));
        kitchen.spawn(|| dough += 1);
    });
}
",
    ),
    (
        "E0505",
        "What is borrowed can't be given away meanwhile.",
        "\
fn main() {
    let dough = String::from(\"500 g\");
    let label = &dough;
    drop(dough);
    println!(\"{label}\");
}
",
    ),
    (
        "E0596",
        "A lock hands out what it guards, and no plain reference does.",
        "\
use std::sync::Arc;

fn main() {
    let dough = Arc::new(vec![200]);
    dough.push(300);
}
",
    ),
    (
        "E0597",
        "A borrow can't outlive what it was taken from.",
        "\
fn main() {
    let label;
    {
        let dough = 500;
        label = &dough;
    }
    println!(\"{label} g\");
}
",
    ),
];
