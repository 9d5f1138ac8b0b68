//! A command whose output nobody reads any more.

use std::fs;
use std::io;
use std::process::Command;

#[test]
fn a_command_ends_quietly_where_nobody_reads_its_output() {
    let checkout = tempfile::tempdir().unwrap();
    let root = checkout.path();
    fs::create_dir(root.join("src")).unwrap();
    fs::write(root.join("book.toml"), "").unwrap();
    fs::write(root.join("src/SUMMARY.md"), "- [A](a.md)\n").unwrap();
    fs::write(root.join("src/a.md"), "# A\n").unwrap();
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_book"))
        .arg("record")
        .current_dir(root)
        .stdout(writer)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "");
}
