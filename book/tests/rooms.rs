//! The rooms of the house: each looks only at those above it, so none can be in a circle.

use std::path::Path;

use book::project::{files, read};

#[test]
fn a_module_uses_only_those_that_stand_above_it_in_lib_rs() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = read(&src.join("lib.rs")).unwrap();
    let modules: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "))
        .map(|name| name.trim_end_matches(';'))
        .collect();
    let place = |name: &str| modules.iter().position(|module| *module == name);
    let mut seen = 0;
    for file in files(&src).unwrap() {
        let room = file.iter().next().unwrap().to_string_lossy();
        let Some(room) = place(room.trim_end_matches(".rs")) else {
            // What stands outside: lib.rs, main.rs, and files of other kinds.
            continue;
        };
        let Ok(text) = read(&src.join(&file)) else {
            continue;
        };
        for used in text.split("crate::").skip(1) {
            let name = used
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
            let used = place(name.unwrap()).unwrap_or_else(|| panic!("{name:?} in {file:?}"));
            assert!(
                used <= room,
                "book/src/{} uses {}, which stands below it: move what they share up",
                file.display(),
                modules[used]
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} uses were found");
}
