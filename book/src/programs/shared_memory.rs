//! What a run leaves in /dev/shm, told from what other programs put there meanwhile.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};
use procfs::process::{FDTarget, MMapPath, Process, all_processes};
use tempfile::TempDir;

/// Where objects and named semaphores lie, by shm_overview(7) and sem_overview(7).
const PLACE: &str = "/dev/shm";

/// How the names of the folders begin that runs have in its place.
const OWN: &str = "two-kitchens-";

/// What a run has as /dev/shm.
pub enum SharedMemory {
    /// An empty folder in it, which the run alone sees in its place.
    Own(TempDir),
    /// That of all programs, which held these names before.
    Common(BTreeSet<OsString>),
}

impl SharedMemory {
    /// One of the run's own, where the system allows a mount namespace.
    pub fn new() -> Self {
        match tempfile::Builder::new().prefix(OWN).tempdir_in(PLACE) {
            Ok(folder) if is_allowed(folder.path()) => Self::Own(folder),
            _ => Self::Common(names(PLACE)),
        }
    }

    pub fn give_to(&self, command: &mut Command) {
        if let Self::Own(folder) = self {
            show(command, folder.path());
        }
    }

    /// A phrase for each thing in it that a run left, now that all of the run has ended.
    pub fn left(&self) -> Vec<String> {
        let phrase = |name: &OsString| {
            let path = Path::new(PLACE).join(name);
            format!("a shared memory object: {}", path.display())
        };
        match self {
            Self::Own(folder) => names(folder).iter().map(phrase).collect(),
            Self::Common(before) => names(PLACE)
                .difference(before)
                .filter(|name| !name.as_encoded_bytes().starts_with(OWN.as_bytes()))
                .filter(|name| is_ours_and_unused(name))
                .map(|name| {
                    phrase(name)
                        + " (or another program of yours made it meanwhile: this system gives a \
                           run no /dev/shm of its own)"
                })
                .collect(),
        }
    }
}

fn is_allowed(folder: &Path) -> bool {
    let mut probe = Command::new("true");
    show(&mut probe, folder);
    probe.status().is_ok_and(|status| status.success())
}

/// Has a command find `folder` at [`PLACE`], and all else as it is.
fn show(command: &mut Command, folder: &Path) {
    let folder = folder.to_owned();
    let user = format!("{0} {0} 1", geteuid());
    let group = format!("{0} {0} 1", getegid());
    let enter = move || -> io::Result<()> {
        if unshare(CloneFlags::CLONE_NEWNS).is_err() {
            // Without privilege: as the same user, in a user namespace (see user_namespaces(7)).
            unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)?;
            fs::write("/proc/self/setgroups", "deny")?;
            fs::write("/proc/self/uid_map", &user)?;
            fs::write("/proc/self/gid_map", &group)?;
        }
        let none = None::<&str>;
        // What is mounted from now on, the others don't see.
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
        mount(Some(&folder), PLACE, none, MsFlags::MS_BIND, none)?;
        Ok(())
    };
    // SAFETY: between fork and exec, it makes system calls and nothing else: what it writes was
    // allocated before, and its paths are short enough for the stack.
    unsafe { command.pre_exec(enter) };
}

/// None where there is no such folder.
fn names(folder: impl AsRef<Path>) -> BTreeSet<OsString> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).collect()
}

/// Whether a run of ours can have left this: a browser, or the run of another test, holds what it
/// has there until it takes it away.
fn is_ours_and_unused(name: &OsStr) -> bool {
    let path = Path::new(PLACE).join(name);
    let is_ours = fs::metadata(&path).is_ok_and(|it| it.uid() == geteuid().as_raw());
    let mut processes = all_processes().into_iter().flatten().flatten();
    is_ours && !processes.any(|process| holds(&process, &path))
}

/// Whether a process has a file open or mapped, as far as we may know.
fn holds(process: &Process, path: &Path) -> bool {
    let mut open = process.fd().into_iter().flatten().flatten();
    let maps = process.maps();
    open.any(|fd| matches!(fd.target, FDTarget::Path(open) if open == path))
        || maps.is_ok_and(|maps| {
            let mut mapped = maps.iter();
            mapped.any(|map| matches!(&map.pathname, MMapPath::Path(mapped) if mapped == path))
        })
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    #[test]
    fn what_a_run_makes_is_found_and_what_another_process_makes_meanwhile_is_not() {
        for given in [SharedMemory::new(), SharedMemory::Common(names(PLACE))] {
            let name = |whose: &str| format!("{PLACE}/{whose}-{}", process::id());
            let mut run = Command::new("sh");
            run.args(["-c", &format!(": > {}", name("crumbs"))]);
            given.give_to(&mut run);
            let others = fs::File::create(name("another's")).unwrap();
            assert!(run.status().unwrap().success());
            let left = given.left();
            let _ = fs::remove_file(name("crumbs"));
            fs::remove_file(name("another's")).unwrap();
            drop(others);
            let is_told = |name: &str| left.iter().any(|phrase| phrase.contains(name));
            assert!(is_told(&name("crumbs")), "{left:?}");
            assert!(!is_told(&name("another's")), "{left:?}");
        }
    }
}
