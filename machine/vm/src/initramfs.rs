//! The first file system of the machine, as the kernel unpacks it.
//!
//! Source: "initramfs buffer format", <https://docs.kernel.org/driver-api/early-userspace/buffer-format.html>.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::files;

/// Types of files in a mode (inode(7)).
const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;

/// An archive of what lies below `root`, and of programs that lie elsewhere. Its bytes depend on
/// theirs alone.
pub fn pack(root: &Path, programs: &[(&str, PathBuf)]) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    for folder in ["bin", "etc"] {
        archive.add(folder, FOLDER | 0o755, &[]);
    }
    for file in files(root)? {
        let path = root.join(&file);
        let can_run = fs::metadata(&path)?.permissions().mode() & 0o100 != 0;
        archive.add_file(&file.display().to_string(), &path, can_run)?;
    }
    for (name, path) in programs {
        archive.add_file(name, path, true)?;
    }
    Ok(archive.end())
}

#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    fn add_file(&mut self, name: &str, path: &Path, can_run: bool) -> Result<()> {
        let data = fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
        self.add(name, FILE | if can_run { 0o755 } else { 0o644 }, &data);
        Ok(())
    }

    fn add(&mut self, name: &str, mode: u32, data: &[u8]) {
        self.entries += 1;
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("less than 4 GiB");
        // Inode, mode, owner, group, links, time, size, devices (4), name with its end, checksum.
        let (inode, links) = (self.entries, 1);
        let size = length(data);
        let name_size = length(name.as_bytes()) + 1;
        self.bytes.extend(b"070701");
        for field in [inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name_size, 0] {
            self.bytes.extend(format!("{field:08X}").bytes());
        }
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(data);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn end(mut self) -> Vec<u8> {
        self.add("TRAILER!!!", 0, &[]);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_holds_each_file_with_its_mode_and_folders_first() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        fs::write(root.path().join("etc/inittab"), "::sysinit:x\n").unwrap();
        let program = root.path().join("etc/inittab");
        let archive = pack(root.path(), &[("bin/guest", program)]).unwrap();

        let mut rest = &archive[..];
        let mut found = Vec::new();
        while !rest.is_empty() {
            let field = |n: usize| {
                let text = std::str::from_utf8(&rest[6 + 8 * n..][..8]).unwrap();
                usize::from_str_radix(text, 16).unwrap()
            };
            assert_eq!(&rest[..6], b"070701");
            let (mode, size, name_size) = (field(1), field(6), field(11));
            let name = std::str::from_utf8(&rest[110..][..name_size - 1]).unwrap();
            let data = (110 + name_size).next_multiple_of(4);
            found.push((name.to_owned(), mode, rest[data..][..size].to_vec()));
            rest = &rest[(data + size).next_multiple_of(4)..];
        }
        let text = b"::sysinit:x\n".to_vec();
        assert_eq!(
            found,
            [
                ("bin".to_owned(), 0o040_755, vec![]),
                ("etc".to_owned(), 0o040_755, vec![]),
                ("etc/inittab".to_owned(), 0o100_644, text.clone()),
                ("bin/guest".to_owned(), 0o100_755, text),
                ("TRAILER!!!".to_owned(), 0, vec![]),
            ]
        );
    }
}
