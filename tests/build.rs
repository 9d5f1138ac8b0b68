//! Has skeptic make a test of each Rust fence of the book, of README and of CONTRIBUTING.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use book::project::{Project, write_if_changed};
use book::text::snippets;

fn main() -> ExitCode {
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Cargo shows this as the script's standard error.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn generate() -> Result<()> {
    // As they are now: another checkout that is built into the same target folder may have compiled
    // this script. For the same reason, the paths that cargo watches are relative.
    let package = env::var_os("CARGO_MANIFEST_DIR").context("cargo sets CARGO_MANIFEST_DIR")?;
    let root = Path::new(&package).parent().context("the workspace")?;
    for path in [
        "book.toml",
        "src",
        "listings",
        "exercises",
        "races",
        "README.md",
        "CONTRIBUTING.md",
        "notes.md",
    ] {
        println!("cargo::rerun-if-changed=../{path}");
    }
    println!("cargo::rustc-env=TARGET={}", env::var("TARGET")?);

    let project = Project::new(root);
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    let files = snippets::write(&project, &out.join("snippets"))?;
    skeptic::generate_doc_tests(&files);
    // It has cargo watch these files. They are newer than the start of this script, for which cargo
    // would start it again, and build all anew.
    for file in &files {
        File::options()
            .write(true)
            .open(file)?
            .set_modified(SystemTime::UNIX_EPOCH)?;
    }

    // Skeptic's tests call its runtime; ours call it too, and report its failures by our places.
    let theirs = fs::read_to_string(out.join("skeptic-tests.rs"))
        .context("skeptic made no tests: has the book no Rust fence?")?;
    let ours = theirs
        .replace("extern crate skeptic;\n", "")
        .replace("skeptic::rt::run_test(", "$crate::snippet::run(");
    ensure!(
        ours.matches("$crate::snippet::run(").count() == files.len(),
        "skeptic made no test of one of the {} snippets",
        files.len()
    );
    let ours = format!(
        "/// The tests of the book's snippets.\n#[macro_export]\nmacro_rules! snippets {{ () => {{\n\
         $crate::before_main!($crate::snippet::prepare);\n{ours}}} }}\n"
    );
    write_if_changed(&out.join("snippets.rs"), &ours)?;

    let compiler = out.join("rustc");
    write_if_changed(&compiler, &script(&snippets::edition(&project)?)?)?;
    fs::set_permissions(&compiler, Permissions::from_mode(0o755))?;
    Ok(())
}

/// The compiler that skeptic starts: the one of cargo, with the options of cargo.
fn script(edition: &str) -> Result<String> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let mut options = vec![format!("--edition={edition}")];
    // With a target that is named, the macros of crates lie beside this script, and not beside the
    // crates.
    let this = env::current_exe()?;
    let host = this.ancestors().nth(3).context("the folder of a profile")?;
    options.push(format!("-Ldependency={}", host.join("deps").display()));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        options.push(format!("-Clinker={linker}"));
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    options.extend(
        flags
            .split('\x1f')
            .filter(|flag| !flag.is_empty())
            .map(str::to_owned),
    );
    let options: Vec<_> = options.iter().map(|option| quoted(option)).collect();
    Ok(format!(
        "#!/bin/sh\nrustc() {{ {} \"$@\"; }}\ncompile() {{ rustc \"$@\" {}; }}\n{}",
        quoted(&env::var("RUSTC")?),
        options.join(" "),
        include_str!("rustc.sh")
    ))
}
