//! What counts as a change of the book.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::timeout;
use tracing::warn;

use crate::drawings::{measured, widgets};
use crate::project::Project;
use crate::text::quizzes;

/// What the book is made of, relative to the root of the checkout. Some of it may not exist.
const SOURCES: [&str; 13] = [
    "book.toml",
    "CONTRIBUTING.md",
    "exercises",
    "lab",
    "ledger.toml",
    "listings",
    "notes.md",
    quizzes::DATA,
    "README.md",
    "src",
    measured::YOURS,
    "theme",
    widgets::WIDGETS,
];

/// An editor saves in several steps, and a checkout changes many files.
const QUIET: Duration = Duration::from_millis(200);

/// The changes of the book's sources. None is lost between two calls of [`Changes::next`].
pub struct Changes {
    project: Project,
    watcher: RecommendedWatcher,
    paths: UnboundedReceiver<PathBuf>,
}

impl Changes {
    /// Starts to watch.
    ///
    /// # Errors
    /// Those of the operating system, which has a limit on watchers.
    pub fn watch(project: &Project) -> Result<Self> {
        let (sender, paths) = mpsc::unbounded_channel();
        let report = {
            let project = project.clone();
            move |event| {
                for path in changed(&project, event) {
                    // Nobody listens only when the server ends.
                    let _ = sender.send(path);
                }
            }
        };
        let mut watcher = notify::recommended_watcher(report).context("can't watch for changes")?;
        // For the files there, and for folders that come later. Not recursive: `target` is there.
        watcher
            .watch(&project.root, RecursiveMode::NonRecursive)
            .context("can't watch for changes")?;
        // The lab may run for the first time while the book is served.
        let of_the_lab = project.root.join(measured::YOURS);
        let of_the_lab = of_the_lab.parent().expect("it lies in a folder");
        fs::create_dir_all(of_the_lab)
            .with_context(|| format!("can't make {}", of_the_lab.display()))?;
        watcher
            .watch(of_the_lab, RecursiveMode::NonRecursive)
            .context("can't watch for changes")?;
        let mut changes = Self {
            project: project.clone(),
            watcher,
            paths,
        };
        for source in SOURCES.map(Path::new) {
            changes.follow(source);
        }
        Ok(changes)
    }

    /// Waits until something has changed and nothing changes any more; says what it was.
    pub async fn next(&mut self) -> String {
        let first = self.paths.recv().await;
        let first = first.expect("the watcher holds the sender");
        let mut more = BTreeSet::new();
        while let Ok(Some(path)) = timeout(QUIET, self.paths.recv()).await {
            more.insert(path);
        }
        more.remove(&first);
        for source in SOURCES.map(Path::new) {
            if source == first || more.contains(source) {
                self.follow(source);
            }
        }
        match more.len() {
            0 => first.display().to_string(),
            count => format!("{} and {count} more", first.display()),
        }
    }

    /// Watches a folder and those in it. To watch a folder anew does no harm.
    fn follow(&mut self, source: &Path) {
        let folder = self.project.root.join(source);
        if folder.is_dir()
            && let Err(error) = self.watcher.watch(&folder, RecursiveMode::Recursive)
        {
            warn!("changes in {} may go unseen: {error}", source.display());
        }
    }
}

/// The sources that an event tells of.
fn changed(project: &Project, event: notify::Result<Event>) -> Vec<PathBuf> {
    match event {
        // Some events were dropped: anything may have changed.
        Ok(event) if event.need_rescan() => SOURCES.map(PathBuf::from).to_vec(),
        // A build reads the sources: if that counted, it would lead to the next build.
        Ok(event) if event.kind.is_access() => Vec::new(),
        Ok(event) => event
            .paths
            .iter()
            .map(|path| project.relative(path))
            .filter(|path| is_source(path))
            .collect(),
        Err(error) => {
            warn!("changes may go unseen: {error}");
            Vec::new()
        }
    }
}

/// Whether the book may be made of this: no build output, and no file that an editor keeps beside
/// the one that it edits.
fn is_source(path: &Path) -> bool {
    let is_hidden = |name: &OsStr| {
        let name = name.to_string_lossy();
        name == "target" || name.starts_with(['.', '#']) || name.ends_with('~')
    };
    SOURCES
        .iter()
        .find_map(|source| path.strip_prefix(source).ok())
        .is_some_and(|within| !within.iter().any(is_hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_count_and_build_output_and_editors_own_files_do_not() {
        for path in [
            "book.toml",
            "src/a/b.md",
            "listings/src/bin/a.rs",
            "theme",
            "exercises/a/src/lib.rs",
            "lab/charts/creation.html",
            "target/lab/record.json",
        ] {
            assert!(is_source(Path::new(path)), "{path}");
        }
        for path in [
            "",
            "/src/a.md",
            "Cargo.lock",
            "target/served/3000",
            "target/lab/record.new",
            "listings/target/debug/a",
            "src/.a.md.swp",
            "src/#a.md#",
            "src/a.md~",
        ] {
            assert!(!is_source(Path::new(path)), "{path}");
        }
    }
}
