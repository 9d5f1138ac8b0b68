//! What it costs to make a helper while the parent has touched so much memory: the question of
//! figure 1 of "A fork() in the road" (Baumann et al., HotOS 2019), which is about fork and exec.

use std::ffi::c_void;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::ptr::NonNull;

use anyhow::{Context, Result, ensure};
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::creation::{ForkCall, WAYS, Way};
use crate::proc;
use crate::record::{Affinity, Unit};
use crate::stand::{Bench, Benches, Entry, Stand};

/// How many mappings the parent has; Linux allows 65,530 by default (`vm.max_map_count`).
const MAPPINGS: [usize; 2] = [6_000, 60_000];

/// How many descriptors the parent has.
const DESCRIPTORS: [usize; 2] = [1_000, 16_000];

/// How much the parent has touched, in MiB.
const SIZES: [usize; 7] = [0, 1, 16, 64, 256, 1024, 4096];

pub fn stands() -> Vec<Stand> {
    let mut stands = Vec::new();
    for pages in Pages::BOTH {
        stands.extend(SIZES.map(|mib| stand_of_memory(pages, mib)));
    }
    stands.extend(MAPPINGS.map(|count| {
        let has = format!("{} untouched mappings", thousands(count));
        let suffix = format!("/mappings/{count}");
        stand(&suffix, &has, Way::is_first_of_kind, move || map(count))
    }));
    stands.extend(DESCRIPTORS.map(|count| {
        let has = format!("{} descriptors", thousands(count));
        let suffix = format!("/descriptors/{count}");
        stand(&suffix, &has, Way::is_first_of_kind, move || open(count))
    }));
    stands
}

fn stand_of_memory(pages: Pages, mib: usize) -> Stand {
    let suffix = format!("/{}/{mib}", pages.name());
    Stand {
        is_slow: mib > 256,
        ..stand(
            &suffix,
            &touched(pages, mib),
            |_| true,
            move || pages.touch(mib << 20),
        )
    }
}

/// The ways to make a helper, while its maker has what `prepare` makes.
fn stand(
    suffix: &str,
    has: &str,
    is_asked_for: fn(&Way) -> bool,
    prepare: impl Fn() -> Result<()> + 'static,
) -> Stand {
    let mut entries = vec![Entry {
        id: format!("fork-memory/fork-call{suffix}"),
        label: "fork, the call alone".to_owned(),
        what: "fork(2), until the parent goes on".to_owned(),
        unit: Unit::Nanoseconds,
    }];
    let ways: Vec<Way> = WAYS.into_iter().filter(is_asked_for).collect();
    entries.extend(ways.iter().map(|way| way.entry("fork-memory", suffix)));
    for entry in &mut entries {
        entry.label += &format!(", {has}");
        entry.what += &format!(", while the parent has {has}");
    }
    Stand {
        affinity: Affinity::OneCpu,
        entries,
        prepare: Box::new(move |_| {
            prepare()?;
            let mut benches: Vec<Box<dyn Bench>> = vec![Box::new(ForkCall)];
            for way in &ways {
                benches.push((way.bench)()?);
            }
            Ok(Benches::alone(benches))
        }),
        // They are those of the group `creation`.
        counts_calls: false,
        is_slow: false,
    }
}

fn thousands(count: usize) -> String {
    format!("{},{:03}", count / 1000, count % 1000)
}

/// Has this process own so many mappings, until it ends: pages of which nobody touches one, readable
/// and not in turn, so that the kernel can't merge them.
fn map(count: usize) -> Result<()> {
    let size = NonZeroUsize::new(count * SMALL).context("some memory")?;
    // SAFETY: a new mapping at a free address changes no memory that is in use.
    let start = unsafe { mmap_anonymous(None, size, ProtFlags::PROT_NONE, MapFlags::MAP_PRIVATE) };
    let start = start.context("can't map memory")?.cast::<u8>();
    for page in (0..count).step_by(2) {
        // SAFETY: the page is one of the mapping, which nobody else uses.
        unsafe { mprotect(start.add(page * SMALL).cast(), SMALL, ProtFlags::PROT_READ) }
            .with_context(|| format!("no more than {page} of {count} mappings can be made here"))?;
    }
    let lines = proc::read("/proc/self/maps")?.lines().count();
    ensure!(lines >= count, "there are {lines} mappings, not {count}");
    Ok(())
}

/// Has this process own so many descriptors, until it ends.
fn open(count: usize) -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    let file = fs::File::open("/dev/null").context("can't open /dev/null")?;
    for opened in 1..count {
        let copy = file.try_clone().with_context(|| {
            format!("no more than {opened} of {count} descriptors can be had here")
        })?;
        std::mem::forget(copy);
    }
    std::mem::forget(file);
    Ok(())
}

fn touched(pages: Pages, mib: usize) -> String {
    let size = if mib < 1024 {
        format!("{mib} MiB")
    } else {
        format!("{} GiB", mib / 1024)
    };
    match pages {
        Pages::Small => size,
        Pages::Huge => format!("{size} in huge pages"),
    }
}

/// Which pages the kernel is asked to put behind memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// 4 KiB on x86-64.
    Small,
    /// 2 MiB on x86-64.
    Huge,
}

/// The size of a huge page on x86-64, by which a mapping is aligned.
pub const HUGE: usize = 2 << 20;

/// The size of a small page.
pub const SMALL: usize = 4096;

impl Pages {
    pub const BOTH: [Self; 2] = [Self::Small, Self::Huge];

    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Huge => "huge",
        }
    }

    /// Maps fresh private memory that nobody has touched.
    ///
    /// # Errors
    /// The kernel's refusal.
    pub fn map(self, bytes: usize) -> Result<Mapping> {
        // Room to align.
        let whole = NonZeroUsize::new(bytes + HUGE).context("some memory")?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at a free address changes no memory that is in use.
        let start = unsafe { mmap_anonymous(None, whole, access, MapFlags::MAP_PRIVATE) };
        let mapping = Mapping {
            start: start.context("can't map memory")?,
            whole: whole.get(),
            bytes,
        };
        let advice = match self {
            Self::Small => MmapAdvise::MADV_NOHUGEPAGE,
            Self::Huge => MmapAdvise::MADV_HUGEPAGE,
        };
        // SAFETY: the range is mapped, and the advice keeps what is in it.
        let advised = unsafe { madvise(mapping.aligned().cast(), bytes, advice) };
        // A kernel that knows no huge pages refuses both, and gives small ones anyway.
        ensure!(
            self == Self::Small || advised.is_ok(),
            "the kernel has no huge pages to give"
        );
        Ok(mapping)
    }

    /// Has this process own so many bytes, until it ends.
    fn touch(self, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        ensure!(
            self == Self::Small || bytes >= HUGE,
            "{} MiB is less than one huge page",
            bytes >> 20
        );
        ensure_available(bytes as u64)?;
        let mut memory = self.map(bytes)?;
        write_each_page(memory.bytes());
        std::mem::forget(memory);
        if self == Self::Huge {
            ensure_huge(bytes)?;
        }
        Ok(())
    }
}

/// Private memory, aligned to a huge page. Unmapped when dropped.
pub struct Mapping {
    start: NonNull<c_void>,
    whole: usize,
    bytes: usize,
}

impl Mapping {
    fn aligned(&self) -> NonNull<u8> {
        let start = self.start.cast::<u8>();
        // SAFETY: the mapping is longer than `bytes` by a huge page, and aligning skips less.
        unsafe { start.add(start.as_ptr().align_offset(HUGE)) }
    }

    pub fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: so many bytes from there on are mapped, zeroed or written to, and reached
        // through this mapping alone.
        unsafe { std::slice::from_raw_parts_mut(self.aligned().as_ptr(), self.bytes) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: all of it was mapped at once, and no reference to it is left.
        let unmapped = unsafe { munmap(self.start, self.whole) };
        unmapped.expect("it is mapped");
    }
}

/// Writes a byte to each small page.
pub fn write_each_page(memory: &mut [u8]) {
    for page in memory.chunks_mut(SMALL) {
        // Volatile: a compiler may leave out a write that nobody reads.
        // SAFETY: the chunk isn't empty, and it is ours to write to.
        unsafe { page.as_mut_ptr().write_volatile(1) };
    }
}

/// # Errors
/// Says how much there is, if so much can't be touched without driving others out of memory.
fn ensure_available(bytes: u64) -> Result<()> {
    let available = proc::bytes(&proc::read("/proc/meminfo")?, "MemAvailable");
    let available = available.context("/proc/meminfo names no MemAvailable")?;
    let room = available.min(room_in_cgroup().unwrap_or(u64::MAX));
    // The tables of a forked child, and its exec, need some too.
    ensure!(
        bytes + bytes / 8 <= room,
        "it touches {} MiB, and {} MiB are available",
        bytes >> 20,
        room >> 20
    );
    Ok(())
}

/// What this process's control groups leave, where they set a limit (cgroup v2).
fn room_in_cgroup() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Path::new("/sys/fs/cgroup")
        .join(own)
        .ancestors()
        .take_while(|folder| folder.starts_with("/sys/fs/cgroup"))
        .filter_map(|folder| {
            let number = |file| proc::value::<u64>(folder.join(file));
            Some(number("memory.max")?.saturating_sub(number("memory.current")?))
        })
        .min()
}

/// # Errors
/// When the kernel has put small pages there after all.
pub fn ensure_huge(bytes: usize) -> Result<()> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")
        .context("can't ask whether the pages are huge")?;
    let huge = proc::bytes(&rollup, "AnonHugePages").unwrap_or_default() as usize;
    ensure!(
        huge >= bytes,
        "the kernel gave {} MiB of {} in huge pages: see \
         /sys/kernel/mm/transparent_hugepage/enabled",
        huge >> 20,
        bytes >> 20
    );
    Ok(())
}
