//! Lines end in LF, whatever made the checkout.

use std::fs;

use walkdir::{DirEntry, WalkDir};

use crate::problem::Problem;
use crate::project::Project;

/// The text files with a line that ends in CR LF: what is recorded and compared knows LF alone.
///
/// What can't be read is passed over: an editor may just be taking it away.
pub fn check(project: &Project) -> Vec<Problem> {
    let entries = WalkDir::new(&project.root).into_iter();
    let files = entries.filter_entry(|entry| !is_no_source(entry)).flatten();
    let problem = |file: DirEntry| {
        // What isn't UTF-8 is a picture.
        let text = fs::read_to_string(file.path()).ok()?;
        let (before, _) = text.split_once("\r\n")?;
        let file = project.relative(file.path());
        let message = format!(
            "this line ends in CR LF, and lines here end in LF: `sed -i 's/\\r$//' {}`",
            file.display()
        );
        Some(Problem::new(
            file,
            1 + before.matches('\n').count(),
            message,
        ))
    };
    files
        .filter(|entry| entry.file_type().is_file())
        .filter_map(problem)
        .collect()
}

/// What git keeps, what is fetched or built, and the tests' books that break a rule.
fn is_no_source(entry: &DirEntry) -> bool {
    const NAMES: [&str; 4] = [".git", "fixtures", "node_modules", "target"];
    let is_named = NAMES.iter().any(|name| entry.file_name() == *name);
    // As cargo marks its folders.
    let is_built = || entry.path().join("CACHEDIR.TAG").exists();
    entry.depth() > 0 && entry.file_type().is_dir() && (is_named || is_built())
}
