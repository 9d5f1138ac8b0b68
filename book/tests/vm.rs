//! `cargo run -- vm`, where it can't make the machine.

use std::fs;
use std::process::Command;

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn what_the_computer_lacks_is_named_with_how_to_install_it() {
    let checkout = tempfile::tempdir().unwrap();
    fs::write(checkout.path().join("book.toml"), "").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_book"))
        .arg("vm")
        .current_dir(&checkout)
        .env("PATH", "")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        error.contains("there is no cc, no curl, no dpkg-deb, no node, no npm"),
        "{error}"
    );
    assert!(
        error.contains("`apt install gcc curl dpkg nodejs npm`"),
        "{error}"
    );
}
