//! What the Rust playground can run.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

/// Whether a program needs no crate but those that come with Rust.
///
/// Each path must begin with one of them, with what the program imports from them, with a module of
/// its own, or with a type. Where in doubt (a path in a comment, say) the answer is no.
pub fn needs_only_std(source: &str) -> bool {
    static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\s*(?:pub\s+)?(?:use|extern crate)\s+([^;]+);").expect("a constant")
    });
    static MODULE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bmod\s+(\w+)").expect("a constant"));
    static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+").expect("a constant"));
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|[^\w:])(?:::)?(\w+)::\w").expect("a constant"));
    static TYPE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:\p{Lu}.*|bool|char|str|[iu](?:8|16|32|64|128|size)|f32|f64)$")
            .expect("a constant")
    });
    const OURS: [&str; 6] = ["std", "core", "alloc", "crate", "self", "super"];

    let mut known = BTreeSet::from(OURS);
    let is_known = |known: &BTreeSet<&str>, root: &str| known.contains(root) || TYPE.is_match(root);
    let modules = MODULE.captures_iter(source).map(|found| found.extract());
    known.extend(modules.map(|(_, [name])| name));
    for import in IMPORT.captures_iter(source) {
        let (_, [path]) = import.extract();
        let mut words = WORD.find_iter(path).map(|word| word.as_str());
        if !words.next().is_some_and(|root| is_known(&known, root)) {
            return false;
        }
        known.extend(words);
    }
    PATH.captures_iter(source)
        .all(|path| is_known(&known, &path[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_that_needs_another_crate_is_not_for_the_playground() {
        for source in [
            "use std::thread;\nuse nix::unistd::{self, fork};\n",
            "use nix;",
            "extern crate libc;",
            "fn main() -> nix::Result<()> {}",
            "fn main() { ::nix::unistd::getpid(); }",
            "fn main() { let n = std::cmp::max(1, libc::getpid()); }",
        ] {
            assert!(!needs_only_std(source), "{source}");
        }
        for source in [
            "use std::sync::{Arc, Mutex, mpsc};\nfn main() { mpsc::channel::<u8>(); Arc::new(1); }",
            "use std::{fs, thread};\nfn main() { thread::scope(|s| fs::read(\"a\")); }",
            "mod oven { pub fn heat() {} }\nuse oven::heat;\nfn main() { oven::heat(); }",
            "enum Oven { On }\nuse Oven::*;\nfn main() { std::process::exit(0); }",
            "use std::thread as cook;\nfn main() { cook::yield_now(); }",
            "fn main() { usize::from_str_radix(\"f\", 16); \"1\".parse::<u8>(); }",
            "// What I use: oil.\nfn main() {}",
        ] {
            assert!(needs_only_std(source), "{source}");
        }
    }
}
