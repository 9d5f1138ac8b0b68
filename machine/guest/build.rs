//! Puts each listing into a module, with a way in from outside it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the listings, from the root of the checkout.
const FOLDERS: [&str; 2] = ["listings/src/bin", "listings/with-tokio/src/bin"];

fn main() {
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = Path::new(&package).join("../..");
    // Panics name their file: `cargo run -- vm` names a folder whose path it can take from them.
    println!("cargo::rerun-if-env-changed=GUEST_SOURCES");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let sources = env::var_os("GUEST_SOURCES").map_or_else(|| out.clone(), PathBuf::from);
    let mut modules = String::new();
    let mut table = String::new();
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed=../../{folder}");
        let mut files: Vec<_> = fs::read_dir(root.join(folder))
            .expect("the folder of the listings")
            .map(|entry| entry.expect("an entry of it").path())
            .collect();
        files.sort();
        fs::create_dir_all(sources.join(folder)).expect("a folder below OUT_DIR");
        for file in files {
            let name = file.file_stem().expect("NAME.rs").to_str().expect("ASCII");
            let module = name.replace('-', "_");
            let source = fs::read_to_string(&file).expect("a listing");
            // A module's `main` is private to it. The way in stands behind it, so that the lines
            // keep their numbers.
            let copy = sources.join(folder).join(format!("{name}.rs"));
            fs::write(&copy, source + WAY_IN).expect("a copy below OUT_DIR");
            // They are checked where they come from.
            modules += &format!("#[allow(clippy::all)]\n#[path = {copy:?}]\nmod {module};\n");
            table += &format!("    ({name:?}, {module}::way_in),\n");
        }
    }
    let table = format!("{modules}\nconst LISTINGS: &[Listing] = &[\n{table}];\n");
    fs::write(out.join("listings.rs"), table).expect("a file below OUT_DIR");
}

const WAY_IN: &str = "
pub fn way_in() -> std::process::ExitCode {
    std::process::Termination::report(main())
}
";
