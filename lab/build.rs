//! Compiles the program that the rows on exec start, once static and once dynamic; and says which
//! compiler it was.

use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=programs/nothing.rs");
    let rustc = env::var_os("RUSTC").expect("cargo sets it");
    let target = env::var("TARGET").expect("cargo sets it");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));

    let version = Command::new(&rustc).arg("--version").output();
    let version = version.expect("rustc is there: it compiled this").stdout;
    println!(
        "cargo::rustc-env=LAB_RUSTC={}",
        String::from_utf8_lossy(&version).trim()
    );

    for (name, linked) in [("static", "+"), ("dynamic", "-")] {
        let program = out.join(format!("nothing-{name}"));
        let compiled = Command::new(&rustc)
            .args(["--edition", "2024", "--target", &target])
            .args([
                "-C",
                "opt-level=3",
                "-C",
                "panic=abort",
                "-C",
                "strip=symbols",
            ])
            .arg(format!("-Ctarget-feature={linked}crt-static"))
            .arg("-o")
            .arg(&program)
            .arg("programs/nothing.rs")
            .output()
            .expect("rustc is there: it compiled this");
        // The lab then says why it can't measure the row: a machine may have no static libc.
        if !compiled.status.success() {
            let message = String::from_utf8_lossy(&compiled.stderr);
            println!(
                "cargo::warning=no {name} program for the lab: {}",
                message.lines().next().unwrap_or("rustc said nothing")
            );
            let _ = std::fs::remove_file(&program);
        }
        println!(
            "cargo::rustc-env=LAB_{}={}",
            name.to_uppercase(),
            program.display()
        );
    }
    ExitCode::SUCCESS
}
