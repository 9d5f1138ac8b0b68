//! What counts as a change of the book.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::statfs::{FsType, statfs};
use notify::{Config, Event, NullWatcher, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
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

/// How often the sources are looked at where nobody tells of changes.
const POLL: Duration = Duration::from_secs(1);

/// The changes of the book's sources. None is lost between two calls of [`Changes::next`].
pub struct Changes {
    project: Project,
    watcher: Box<dyn Watcher + Send>,
    sender: UnboundedSender<PathBuf>,
    paths: UnboundedReceiver<PathBuf>,
}

impl Changes {
    /// Starts to watch; with `poll`, by looking at the sources again and again. So it does anyway
    /// where the kernel tells of no changes.
    ///
    /// # Errors
    /// Sources that can't even be looked at.
    pub fn watch(project: &Project, poll: bool) -> Result<Self> {
        // The lab may run for the first time while the book is served.
        let of_the_lab = folder_of_the_lab(project);
        fs::create_dir_all(&of_the_lab)
            .with_context(|| format!("can't make {}", of_the_lab.display()))?;
        let (sender, paths) = mpsc::unbounded_channel();
        let mut changes = Self {
            project: project.clone(),
            watcher: Box::new(NullWatcher),
            sender,
            paths,
        };
        let started = match (poll, remote(project)) {
            (true, _) => changes.poll("so says --poll"),
            (_, Some(kind)) => changes.poll(format!("{kind} tells of none that others make")),
            _ => match changes.start::<RecommendedWatcher>(Config::default()) {
                Err(error) => changes.poll(error),
                Ok(()) => Ok(()),
            },
        };
        started.context("can't watch for changes")?;
        Ok(changes)
    }

    /// Has the sources watched by `W` from now on.
    fn start<W: Watcher + Send + 'static>(&mut self, config: Config) -> notify::Result<()> {
        let sender = self.sender.clone();
        let project = self.project.clone();
        let report = move |event| {
            for path in changed(&project, event) {
                // Nobody listens only when the server ends.
                let _ = sender.send(path);
            }
        };
        self.watcher = Box::new(W::new(report, config)?);
        // For the files there, and for folders that come later. Not recursive: `target` is there.
        let of_the_lab = folder_of_the_lab(&self.project);
        for folder in [&self.project.root, &of_the_lab] {
            self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        SOURCES.iter().try_for_each(|source| self.follow(source))
    }

    /// Looks for changes by itself from now on, and says why.
    fn poll(&mut self, why: impl Display) -> notify::Result<()> {
        warn!(
            "changes are looked for every {} s and not told by the kernel: {why}",
            POLL.as_secs()
        );
        let config = Config::default()
            .with_poll_interval(POLL)
            // It compares times by whole seconds, in which a file may change twice.
            .with_compare_contents(true);
        self.start::<PollWatcher>(config)
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
        let begun = SOURCES
            .iter()
            .filter(|source| Path::new(source) == first || more.contains(Path::new(source)))
            .try_for_each(|source| self.follow(source));
        // No room for one more watch, say.
        if let Err(error) = begun
            && let Err(error) = self.poll(error)
        {
            warn!("changes may go unseen: {error}");
        }
        match more.len() {
            0 => first.display().to_string(),
            count => format!("{} and {count} more", first.display()),
        }
    }

    /// Watches a folder and those in it. To watch a folder anew does no harm.
    fn follow(&mut self, source: &str) -> notify::Result<()> {
        let folder = self.project.root.join(source);
        if !folder.is_dir() {
            return Ok(());
        }
        self.watcher.watch(&folder, RecursiveMode::Recursive)
    }
}

fn folder_of_the_lab(project: &Project) -> PathBuf {
    let record = project.root.join(measured::YOURS);
    record.parent().expect("it lies in a folder").to_owned()
}

/// The kind of a file system that other machines change too, if a source lies on one. The kernel
/// tells only of what was changed through itself.
fn remote(project: &Project) -> Option<&'static str> {
    let folders = [""].iter().chain(&SOURCES);
    folders
        .filter_map(|folder| statfs(&project.root.join(folder)).ok())
        .find_map(|found| kind_of_remote(found.filesystem_type()))
}

/// Source: statfs(2) and linux/magic.h.
fn kind_of_remote(kind: FsType) -> Option<&'static str> {
    // The type of the number differs from target to target.
    match kind.0 as u32 {
        0x0102_1997 => Some("9p, as at WSL's /mnt/c,"),
        0x00c3_6400 => Some("Ceph"),
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => Some("SMB"),
        0x6573_5546 => Some("FUSE, as virtiofs and SSHFS,"),
        0x6969 => Some("NFS"),
        0x786f_4256 => Some("VirtualBox's shared folder"),
        _ => None,
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
    use nix::sys::statfs::{
        EXT4_SUPER_MAGIC, NFS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, SMB_SUPER_MAGIC, TMPFS_MAGIC,
    };

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

    #[test]
    fn file_systems_that_others_change_too_are_known_and_local_ones_are_not() {
        assert_eq!(kind_of_remote(NFS_SUPER_MAGIC), Some("NFS"));
        assert_eq!(kind_of_remote(SMB_SUPER_MAGIC), Some("SMB"));
        for local in [EXT4_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC] {
            assert_eq!(kind_of_remote(local), None);
        }
    }
}
